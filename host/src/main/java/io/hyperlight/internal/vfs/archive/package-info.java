/** Archives, which are unpacked into trees in memory. */
@NullMarked
package io.hyperlight.internal.vfs.archive;

import org.jspecify.annotations.NullMarked;
