package io.hyperlight.internal.machine.memory;

import java.util.Arrays;

/** A set of page numbers below a bound, as bits. */
public final class PageBitmap {
  private final long[] words;

  PageBitmap(long pages) {
    words = new long[Math.toIntExact((pages + Long.SIZE - 1) / Long.SIZE)];
  }

  /**
   * Adds a page.
   *
   * @return whether it was not there
   */
  boolean add(long page) {
    int word = (int) (page / Long.SIZE);
    long bit = 1L << page;
    if ((words[word] & bit) != 0) {
      return false;
    }
    words[word] |= bit;
    return true;
  }

  /** Returns whether the set has a page. Any page number may be asked for. */
  boolean contains(long page) {
    return page >= 0
        && page < (long) words.length * Long.SIZE
        && (words[(int) (page / Long.SIZE)] & 1L << page) != 0;
  }

  void clear() {
    Arrays.fill(words, 0);
  }

  long count() {
    return Arrays.stream(words).map(Long::bitCount).sum();
  }
}
