package io.hyperlight.internal.vfs;

import java.time.Instant;

/**
 * What {@code stat(2)} tells of a file.
 *
 * @param device a number of the tree, which no device of the host has
 * @param inode equal for equal files of a tree, and for them only
 * @param permissions the lower twelve bits of {@code st_mode}
 * @param links how many names it has
 * @param size in bytes
 * @param allocated how many bytes of it take room, in whole blocks: less than the size in a file
 *     with holes
 * @param deviceNumber {@code st_rdev} of a device, else 0
 */
public record FileStatus(
    int device,
    long inode,
    FileKind kind,
    int permissions,
    long links,
    long size,
    long allocated,
    Instant accessed,
    Instant modified,
    Instant changed,
    long deviceNumber) {
  /** The device of files that are in no tree. Those of trees follow. */
  public static final int PSEUDO_DEVICE = 1;

  /** The time of files that nobody has given one: the same in every run. */
  public static final Instant BEGINNING = Instant.EPOCH;

  /** What room is counted in. */
  public static final int BLOCK = 4096;

  /** A file that has no holes. */
  public FileStatus(
      int device,
      long inode,
      FileKind kind,
      int permissions,
      long links,
      long size,
      Instant accessed,
      Instant modified,
      Instant changed,
      long deviceNumber) {
    this(
        device,
        inode,
        kind,
        permissions,
        links,
        size,
        size <= 0 ? 0 : ((size - 1) / BLOCK + 1) * BLOCK,
        accessed,
        modified,
        changed,
        deviceNumber);
  }
}
