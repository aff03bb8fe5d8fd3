package io.hyperlight.internal.vfs;

import java.time.Instant;

/**
 * The status of a file, as {@code stat(2)} reports it.
 *
 * @param device a number of the tree, which no device of the host has
 * @param inode the number of the file, which no other file of the tree has
 * @param permissions the lower twelve bits of {@code st_mode}
 * @param links how many names the file has
 * @param size in bytes
 * @param allocated how many bytes the file takes, in whole blocks: less than the size if it has
 *     holes
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
  /** The device number of files that are in no tree. The numbers of trees follow. */
  public static final int PSEUDO_DEVICE = 1;

  /** The time of files whose times were never set. It is the same in every run. */
  public static final Instant BEGINNING = Instant.EPOCH;

  /** The unit of {@link #allocated}, in bytes. */
  public static final int BLOCK = 4096;

  /** Describes a file without holes. */
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
