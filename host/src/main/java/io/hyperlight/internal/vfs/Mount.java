package io.hyperlight.internal.vfs;

/**
 * A tree and the path at which it is mounted.
 *
 * @param path absolute, normalised, without "." and ".."; "/" is the root
 */
public record Mount(String path, TreeSource source) {}
