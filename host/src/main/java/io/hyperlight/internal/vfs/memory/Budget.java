package io.hyperlight.internal.vfs.memory;

/**
 * The bytes that files in memory may take: of the Java heap, roughly, whatever a guest does. Counts
 * contents as they are allocated, names, and a flat amount for each file and name.
 */
final class Budget {
  /** For a file, directory or link, empty. */
  static final long INODE = 256;

  /** For a name, besides its characters. */
  static final long NAME = 128;

  /** Far more than a heap; keeps arithmetic with sizes and the chunk tables' indices in range. */
  static final long LARGEST_LIMIT = 1L << 40;

  private final long limit;
  private long used;

  /**
   * Of which nothing is used.
   *
   * @throws IllegalArgumentException if the limit is negative or more than 1 TiB
   */
  Budget(long limit) {
    requireLimit(limit);
    this.limit = limit;
  }

  static void requireLimit(long limit) {
    if (limit < 0 || limit > LARGEST_LIMIT) {
      throw new IllegalArgumentException(
          "limit of " + limit + " bytes: not between 0 and " + LARGEST_LIMIT);
    }
  }

  long limit() {
    return limit;
  }

  long used() {
    return used;
  }

  /** After a restore. */
  void setUsed(long used) {
    this.used = used;
  }

  /** What there still is; not negative. */
  long available() {
    return Math.max(0, limit - used);
  }

  /** Takes bytes; false, and nothing taken, if there are not enough. */
  boolean take(long bytes) {
    if (bytes > available()) {
      return false;
    }
    used += bytes;
    return true;
  }

  void giveBack(long bytes) {
    used -= bytes;
  }
}
