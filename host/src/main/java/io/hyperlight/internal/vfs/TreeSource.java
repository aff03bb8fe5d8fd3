package io.hyperlight.internal.vfs;

/**
 * What a tree of files is made of: shared by all sandboxes that have it mounted, immutable, safe
 * for use by many threads.
 */
public sealed interface TreeSource permits HostSource, MemorySource {}
