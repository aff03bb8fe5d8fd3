package io.hyperlight.internal.vfs.memory;

import java.util.HashMap;
import java.util.Map;

/** Counts the holds on each inode, by its number. */
final class InodeHolds {
  private Map<Long, Integer> counts = new HashMap<>();

  /** Adds a hold; returns whether it is the first. */
  boolean add(long number) {
    return counts.merge(number, 1, Integer::sum) == 1;
  }

  /** Removes an existing hold; returns whether it was the last. */
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
      counts = new HashMap<>(); // an emptied map keeps its capacity
    }
  }
}
