/**
 * The files a guest sees: trees that are mounted, put together to one file system, and the walk
 * along a path. Knows nothing of guests; whoever answers system calls asks it. Knows no kind of
 * tree either: each has a package of its own below this name.
 *
 * <p>Names and paths are bytes to Linux. Here they are strings with one character a byte (ISO
 * 8859-1), so that every name there can be is one, and equal names are equal.
 */
@NullMarked
package io.hyperlight.internal.vfs;

import org.jspecify.annotations.NullMarked;
