package io.hyperlight.internal.vfs;

/**
 * Where an entry is to be made, removed or renamed.
 *
 * @param directory that has it
 * @param name of the entry; never empty, may be "." or ".."
 * @param directoryOnly whether a slash follows
 */
public record PathEntry(Location directory, String name, boolean directoryOnly) {}
