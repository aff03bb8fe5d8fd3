/**
 * Trees of files in memory, which guests can write: inodes and their contents, a budget, states.
 */
@NullMarked
package io.hyperlight.internal.vfs.memory;

import org.jspecify.annotations.NullMarked;
