/** Unpacks archives into trees in memory. */
@NullMarked
package io.hyperlight.internal.vfs.archive;

import org.jspecify.annotations.NullMarked;
