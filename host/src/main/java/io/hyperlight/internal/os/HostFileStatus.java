package io.hyperlight.internal.os;

import java.time.Instant;

/**
 * The status of an open file of the host: the fields of {@code struct stat} that this library uses.
 *
 * @param device the number of the file's device
 * @param mode kind and permissions
 */
public record HostFileStatus(
    long device,
    long inode,
    int mode,
    long links,
    long size,
    Instant accessed,
    Instant modified,
    Instant changed) {
  private static final int S_IFMT = 0170000;

  /** Answers whether another status belongs to the same file, even if the file has changed. */
  public boolean isSameFile(HostFileStatus other) {
    return device == other.device && inode == other.inode && kind() == other.kind();
  }

  /** Returns the bits of the mode that tell the kind of file. */
  public int kind() {
    return mode & S_IFMT;
  }
}
