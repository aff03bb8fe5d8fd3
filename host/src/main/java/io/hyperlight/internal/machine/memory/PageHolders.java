package io.hyperlight.internal.machine.memory;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How many mappings hold each data page, where that is more than one. A page has an account of its
 * own only while several mappings hold it, or while it belongs to a shared object; every other page
 * that is handed out has one private holder. So a guest that shares nothing pays nothing.
 *
 * <p>A private holder gets a page of its own before it writes. Memory for these pages is promised
 * when the holder is added, so that a write never fails for want of it: {@link #promisedPages}.
 *
 * <p>Counts of 512 pages stand in one array. For one thread.
 */
final class PageHolders {
  private static final int PAGES = 512;

  /** In the low half of a count. */
  private static final long ONE_SHARED = 1;

  /** In the high half of a count. */
  private static final long ONE_PRIVATE = 1L << 32;

  /** What a page has that has no count. */
  private static final long DEFAULT = ONE_PRIVATE;

  /** What {@link #toArray} gives where there is no count. */
  static final long[] NONE = {};

  private static final int MAXIMUM = Integer.MAX_VALUE;

  /** Counts of successive pages; 0 stands for the default. */
  private static final class Group {
    final long[] counts = new long[PAGES];

    /** How many are not 0. */
    int used;

    void set(int index, long count) {
      used += (count == 0 ? 0 : 1) - (counts[index] == 0 ? 0 : 1);
      counts[index] = count;
    }
  }

  /** By page number / {@link #PAGES}; null while there is none. */
  private @Nullable TreeMap<Long, Group> groups;

  /** The group that was looked for last, which mostly is the next one, too; null if none is. */
  private @Nullable Group last;

  private long lastNumber = -1;

  private long promised;
  private boolean changed;

  /** Whether no page has more than one holder, or belongs to a shared object. */
  boolean isEmpty() {
    return groups == null;
  }

  /** How many pages have to stay free for private holders that write. */
  long promisedPages() {
    return promised;
  }

  private long count(long page) {
    Group group = group(page / PAGES);
    long count = group == null ? 0 : group.counts[(int) (page % PAGES)];
    return count == 0 ? DEFAULT : count;
  }

  private @Nullable Group group(long number) {
    if (groups == null) {
      return null;
    }
    if (number != lastNumber) {
      last = groups.get(number);
      lastNumber = number;
    }
    return last;
  }

  private void set(long page, long count) {
    long before = count(page);
    if (count != DEFAULT) {
      makeGroup(page / PAGES);
    }
    changed = true; // from here on nothing fails
    promised += promises(count) - promises(before);
    Group group = group(page / PAGES);
    if (groups != null && group != null) {
      group.set((int) (page % PAGES), count == DEFAULT ? 0 : count);
      if (group.used == 0) {
        groups.remove(page / PAGES);
        lastNumber = -1;
        groups = groups.isEmpty() ? null : groups;
      }
    }
  }

  private void makeGroup(long number) {
    TreeMap<Long, Group> all = groups == null ? new TreeMap<>() : groups;
    if (groups == null || group(number) == null) {
      all.put(number, new Group());
      lastNumber = -1;
    }
    groups = all;
  }

  /** How many of the holders may need another page. */
  private static long promises(long count) {
    return shared(count) > 0 ? privately(count) : Math.max(0, privately(count) - 1);
  }

  private static int shared(long count) {
    return (int) count;
  }

  private static int privately(long count) {
    return (int) (count >>> 32);
  }

  /** How many mappings hold a page that is handed out. */
  long holders(long page) {
    long count = count(page);
    return (long) shared(count) + privately(count);
  }

  /** Whether a page that is handed out has more than one holder. */
  boolean isShared(long page) {
    return groups != null && holders(page) > 1;
  }

  /** Says that a page, which was handed out just now, belongs to a shared object. */
  void makeShared(long page) {
    set(page, ONE_SHARED);
  }

  /**
   * Adds a holder.
   *
   * @param shared whether it sees what others write, and they what it writes
   */
  void add(long page, boolean shared) {
    long count = count(page);
    if ((shared ? shared(count) : privately(count)) == MAXIMUM) {
      throw new IllegalStateException("too many mappings hold page 0x%x".formatted(page));
    }
    set(page, count + (shared ? ONE_SHARED : ONE_PRIVATE));
  }

  /**
   * Takes a holder away.
   *
   * @param shared as it was when it was added
   * @return whether it was the last: the page is free then
   */
  boolean remove(long page, boolean shared) {
    if (groups == null && !shared) {
      return true;
    }
    long count = count(page);
    if ((shared ? shared(count) : privately(count)) == 0) {
      throw new IllegalStateException("no such mapping holds page 0x%x".formatted(page));
    }
    count -= shared ? ONE_SHARED : ONE_PRIVATE;
    set(page, count == 0 ? DEFAULT : count);
    return count == 0;
  }

  /** All pages with a count of their own, each followed by the count. */
  long[] toArray() {
    if (groups == null) {
      return NONE;
    }
    long entries = 0;
    for (Group group : groups.values()) {
      entries += group.used;
    }
    long[] all = new long[Math.toIntExact(2 * entries)];
    int at = 0;
    for (Map.Entry<Long, Group> group : groups.entrySet()) {
      for (int i = 0; i < PAGES; i++) {
        if (group.getValue().counts[i] != 0) {
          all[at++] = group.getKey() * PAGES + i;
          all[at++] = group.getValue().counts[i];
        }
      }
    }
    return all;
  }

  /** Goes back to what {@link #toArray} gave. Costs nothing if nothing has changed since. */
  void restore(long[] all) {
    if (!changed) {
      return;
    }
    groups = null;
    lastNumber = -1;
    promised = 0;
    for (int i = 0; i < all.length; i += 2) {
      set(all[i], all[i + 1]);
    }
    changed = false;
  }

  /** Takes over what {@link #toArray} gave, for new memory. */
  void begin(long[] all) {
    changed = all.length > 0;
    restore(all);
  }
}
