package io.hyperlight.internal.vfs;

/**
 * How much room a file system has, for {@code statfs(2)}.
 *
 * @param total in bytes
 * @param free in bytes
 * @param files how many files there can be
 * @param freeFiles how many more
 */
public record Space(long total, long free, long files, long freeFiles) {
  /** Of one that cannot be written, and says nothing about its size. */
  public static final Space NONE = new Space(0, 0, 0, 0);
}
