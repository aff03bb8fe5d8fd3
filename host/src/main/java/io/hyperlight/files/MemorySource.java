package io.hyperlight.files;

/** Files in memory: what they are at first, and whether and how far they can grow. */
public final class MemorySource implements TreeSource {}
