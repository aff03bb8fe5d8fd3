/**
 * Trees of files in memory, which guests can write: inodes, their contents, budgets and frozen
 * states.
 */
@NullMarked
package io.hyperlight.internal.vfs.memory;

import org.jspecify.annotations.NullMarked;
