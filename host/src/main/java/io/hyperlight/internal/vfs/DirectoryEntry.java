package io.hyperlight.internal.vfs;

/** One entry of a directory. */
public record DirectoryEntry(String name, long inode, FileKind kind) {
  private static final long HEAP_BYTES = 128;

  /** Returns roughly how many bytes of the heap the entry takes; rather too many than too few. */
  public long heapBytes() {
    return HEAP_BYTES + name.length();
  }
}
