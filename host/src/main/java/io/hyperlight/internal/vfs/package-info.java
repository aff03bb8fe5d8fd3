/**
 * The files that a guest sees: mounted trees, the file system they form, and the lookup of paths.
 * This package knows nothing of guests; the code that answers system calls uses it. It knows no
 * kind of tree either: each kind has a package of its own below this one.
 *
 * <p>To Linux, names and paths are bytes. Here they are strings with one character for each byte
 * (ISO 8859-1). So a string can hold every name, and equal names are equal strings.
 */
@NullMarked
package io.hyperlight.internal.vfs;

import org.jspecify.annotations.NullMarked;
