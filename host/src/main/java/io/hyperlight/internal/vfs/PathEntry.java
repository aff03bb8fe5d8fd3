package io.hyperlight.internal.vfs;

/**
 * The place where an entry is made, removed or renamed.
 *
 * @param directory the directory of the entry
 * @param name of the entry; never empty, may be "." or ".."
 * @param directoryOnly whether a slash follows the name
 */
public record PathEntry(Location directory, String name, boolean directoryOnly) {}
