package io.hyperlight.internal.os;

import java.time.Instant;

/**
 * What the host's kernel says of an open file: {@code struct stat}, as far as anybody asks.
 *
 * @param device that the file is on
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

  /** Whether it is the same file, whatever else has changed. */
  public boolean isSameFile(HostFileStatus other) {
    return device == other.device && inode == other.inode && kind() == other.kind();
  }

  /** The bits of the mode that say what kind of file it is. */
  public int kind() {
    return mode & S_IFMT;
  }
}
