package io.hyperlight.files;

/** A name in a directory. */
public record DirectoryEntry(String name, long inode, FileKind kind) {}
