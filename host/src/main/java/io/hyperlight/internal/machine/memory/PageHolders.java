package io.hyperlight.internal.machine.memory;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Counts the mappings that hold a data page, if there is more than one. A page has a count of its
 * own only while several mappings hold it, or while it belongs to a shared object. Every other page
 * in use has one private holder. So a guest that shares nothing pays nothing.
 *
 * <p>A private holder gets a page of its own before it writes. Memory for these pages is promised
 * when the holder is added, so a write never fails because memory is missing: {@link
 * #promisedPages}.
 *
 * <p>Counts of 512 pages are in one array. It is for one thread.
 */
final class PageHolders {
  private static final int PAGES = 512;

  /** A shared holder, in the low half of a count. */
  private static final long ONE_SHARED = 1;

  /** A private holder, in the high half of a count. */
  private static final long ONE_PRIVATE = 1L << 32;

  /** The count of a page that has none of its own. */
  private static final long DEFAULT = ONE_PRIVATE;

  /** The result of {@link #toArray} if there are no counts. */
  static final long[] NONE = {};

  private static final int MAXIMUM = Integer.MAX_VALUE;

  /** The counts of successive pages. 0 stands for the default. */
  private static final class Group {
    final long[] counts = new long[PAGES];

    /** How many counts are not 0. */
    int used;

    void set(int index, long count) {
      used += (count == 0 ? 0 : 1) - (counts[index] == 0 ? 0 : 1);
      counts[index] = count;
    }
  }

  /** By page number / {@link #PAGES}. It is null while there is none. */
  private @Nullable TreeMap<Long, Group> groups;

  /**
   * The result of the last look-up, which mostly is the next one, too. It is null if there is no
   * such group.
   */
  private @Nullable Group last;

  private long lastNumber = -1;

  private long promised;
  private boolean changed;

  /** Returns whether no page has more than one holder or belongs to a shared object. */
  boolean isEmpty() {
    return groups == null;
  }

  /** Returns how many pages have to stay free for private holders that write. */
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

  /** Returns how many of the holders may need another page. */
  private static long promises(long count) {
    return shared(count) > 0 ? privately(count) : Math.max(0, privately(count) - 1);
  }

  private static int shared(long count) {
    return (int) count;
  }

  private static int privately(long count) {
    return (int) (count >>> 32);
  }

  /** Returns how many mappings hold a page in use. */
  long holders(long page) {
    long count = count(page);
    return (long) shared(count) + privately(count);
  }

  /** Returns whether a page in use has more than one holder. */
  boolean isShared(long page) {
    return groups != null && holders(page) > 1;
  }

  /** Records that a page, which was just allocated, belongs to a shared object. */
  void makeShared(long page) {
    set(page, ONE_SHARED);
  }

  /**
   * Adds a holder.
   *
   * @param shared whether the holder and other shared holders see each other's writes
   */
  void add(long page, boolean shared) {
    long count = count(page);
    if ((shared ? shared(count) : privately(count)) == MAXIMUM) {
      throw new IllegalStateException("too many mappings hold page 0x%x".formatted(page));
    }
    set(page, count + (shared ? ONE_SHARED : ONE_PRIVATE));
  }

  /**
   * Removes a holder.
   *
   * @param shared as it was when the holder was added
   * @return whether it was the last one, so that the page is free
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

  /** Returns all pages with a count of their own, each followed by the count. */
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

  /**
   * Restores the result of an earlier {@link #toArray}. It costs nothing if nothing has changed
   * since.
   */
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

  /** Takes over the result of {@link #toArray}, for new memory. */
  void begin(long[] all) {
    changed = all.length > 0;
    restore(all);
  }
}
