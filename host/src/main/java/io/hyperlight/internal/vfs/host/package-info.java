/** Trees of directories and files of the host, which guests can read but not change. */
@NullMarked
package io.hyperlight.internal.vfs.host;

import org.jspecify.annotations.NullMarked;
