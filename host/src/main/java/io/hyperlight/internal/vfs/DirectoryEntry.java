package io.hyperlight.internal.vfs;

/** A name in a directory. */
public record DirectoryEntry(String name, long inode, FileKind kind) {
  private static final long HEAP_BYTES = 128;

  /** What it costs the heap, roughly, and rather too much. */
  public long heapBytes() {
    return HEAP_BYTES + name.length();
  }
}
