package io.hyperlight.internal.vfs;

/**
 * A tree and where it is to be seen.
 *
 * @param path absolute, normalised, without "." and ".."; "/" is the root
 */
public record Mount(String path, TreeSource source) {}
