/** Trees of directories and files of the host, which guests read. */
@NullMarked
package io.hyperlight.internal.vfs.host;

import org.jspecify.annotations.NullMarked;
