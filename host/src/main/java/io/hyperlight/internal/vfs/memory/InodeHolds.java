package io.hyperlight.internal.vfs.memory;

import java.util.HashMap;
import java.util.Map;

/** How many there are who keep an inode, by its number. */
final class InodeHolds {
  private Map<Long, Integer> counts = new HashMap<>();

  /** Counts one more; returns whether it is the first. */
  boolean add(long number) {
    return counts.merge(number, 1, Integer::sum) == 1;
  }

  /** Counts one less, of those that there are; returns whether it was the last. */
  boolean remove(long number) {
    if (counts.merge(number, -1, Integer::sum) > 0) {
      return false;
    }
    counts.remove(number);
    return true;
  }

  boolean has(long number) {
    return counts.containsKey(number);
  }

  void clear() {
    if (!counts.isEmpty()) {
      counts = new HashMap<>(); // an emptied one stays as large as it was
    }
  }
}
