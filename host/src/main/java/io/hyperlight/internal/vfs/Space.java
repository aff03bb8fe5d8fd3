package io.hyperlight.internal.vfs;

/**
 * The room of a file system, for {@code statfs(2)}.
 *
 * @param total in bytes
 * @param free in bytes
 * @param files how many files there can be
 * @param freeFiles how many more files there can be
 */
public record Space(long total, long free, long files, long freeFiles) {
  /** The room of a read-only file system that does not report its size. */
  public static final Space NONE = new Space(0, 0, 0, 0);
}
