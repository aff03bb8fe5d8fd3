/**
 * The files a guest sees: trees of host directories, of archives and of memory, put together to one
 * file system. Knows nothing of guests; whoever answers system calls asks it.
 *
 * <p>Names and paths are bytes to Linux. Here they are strings with one character a byte (ISO
 * 8859-1), so that every name there can be is one, and equal names are equal.
 */
@NullMarked
package io.hyperlight.internal.vfs;

import org.jspecify.annotations.NullMarked;
