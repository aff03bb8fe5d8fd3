package io.hyperlight.internal.vfs.memory;

/**
 * Limits how many bytes of the Java heap files in memory may take, roughly, whatever a guest does.
 * The budget counts contents when they are allocated, the characters of names, and a flat amount
 * for each file and each name.
 */
final class Budget {
  /** The cost of an empty file, directory or link, in bytes. */
  static final long INODE = 256;

  /** The cost of a name besides its characters, in bytes. */
  static final long NAME = 128;

  /** Far more than a heap. This bound keeps arithmetic with sizes and page numbers in range. */
  static final long LARGEST_LIMIT = 1L << 40;

  private final long limit;
  private long used;

  /**
   * Creates an unused budget.
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

  /** Sets the used bytes after a restore. */
  void setUsed(long used) {
    this.used = used;
  }

  /** Returns how many bytes are left; never negative. */
  long available() {
    return Math.max(0, limit - used);
  }

  /** Takes bytes. If too few are left, takes none and returns false. */
  boolean take(long bytes) {
    if (bytes > available()) {
      return false;
    }
    used += bytes;
    return true;
  }

  void release(long bytes) {
    used -= bytes;
  }
}
