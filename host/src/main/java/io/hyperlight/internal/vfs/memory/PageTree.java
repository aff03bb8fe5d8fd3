package io.hyperlight.internal.vfs.memory;

import io.hyperlight.internal.os.Checkpoint;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The pages of a file in memory, by number. They form a radix tree, so all pages cost the same
 * wherever they are, and missing pages cost nothing. A copy takes no time. It shares all nodes and
 * pages with its original, and copies each of them before its first change. The original must not
 * be changed any more.
 *
 * <p>The array of a page may be shorter than the page; the bytes behind its end are zeros. So small
 * files take little memory. Methods recurse at most nine levels deep, the largest height of the
 * tree.
 */
final class PageTree {
  static final int PAGE = 4096;

  private static final int BITS = 6;
  private static final int FAN_OUT = 1 << BITS;

  /** The bytes of the heap that a node takes, with pointers of eight bytes. */
  static final int NODE = FAN_OUT * Long.BYTES + 64;

  /** The bytes that a page takes besides its contents: the header of its array. */
  static final int HEADER = 24;

  /** A page without contents that the budget was charged for. */
  private static final byte[] RESERVED = {};

  private static final class Node {
    /** Nodes; on the lowest level, pages. */
    final @Nullable Object[] slots;

    /**
     * A bit for each slot whose child no other tree shares. Valid only if no other tree shares this
     * node.
     */
    long own;

    Node() {
      slots = new @Nullable Object[FAN_OUT];
    }

    Node(Node original) {
      slots = original.slots.clone();
    }

    boolean owns(int slot) {
      return (own >>> slot & 1) != 0;
    }

    void put(int slot, @Nullable Object child) {
      slots[slot] = child;
      own = child == null ? own & ~(1L << slot) : own | 1L << slot;
    }

    boolean isEmpty() {
      for (Object child : slots) {
        if (child != null) {
          return false;
        }
      }
      return true;
    }
  }

  /** The first page itself if the height is 0; null if the tree is empty. */
  private @Nullable Object root;

  private boolean ownsRoot;
  private int height;
  private long pages;
  private long cost;

  PageTree() {}

  private PageTree(PageTree original) {
    root = original.root;
    height = original.height;
    pages = original.pages;
    cost = original.cost;
  }

  PageTree copy() {
    return new PageTree(this);
  }

  /** Returns the number of pages, reserved ones included. */
  long pages() {
    return pages;
  }

  /** Returns how many bytes the budget was charged for. */
  long cost() {
    return cost;
  }

  private static long capacity(int level) {
    return 1L << (BITS * level);
  }

  private static int slot(long number, int level) {
    return (int) (number >>> (BITS * (level - 1))) & (FAN_OUT - 1);
  }

  /** Answers whether a page is only reserved. All other pages have one byte at least. */
  private static boolean isReserved(byte[] page) {
    return page.length == 0;
  }

  private static int sizeOf(byte[] page) {
    return isReserved(page) ? PAGE : page.length;
  }

  /** Returns a page that must not be changed; null if it does not exist. */
  byte @Nullable [] get(long number) {
    if (number >= capacity(height)) {
      return null;
    }
    Object at = root;
    for (int level = height; level > 0 && at != null; level--) {
      at = ((Node) at).slots[slot(number, level)];
    }
    return (byte[]) at;
  }

  /**
   * Returns a page that may be changed. Makes or lengthens the page as needed.
   *
   * @param start the first byte that is needed
   * @param end the byte after the last one
   * @return a page of that length, or a shorter one if the budget is too small; null if not even
   *     the first byte fits
   */
  byte @Nullable [] change(long number, int start, int end, Budget budget) {
    byte[] there = get(number);
    int length = there == null ? 0 : sizeOf(there);
    long fixed = there == null ? (long) missingNodes(number) * NODE + HEADER : 0;
    if (fixed > 0 && fixed >= budget.available()) {
      return null;
    }
    int wanted = length;
    if (end > length) {
      wanted = Math.max(end, Math.min(PAGE, 2 * length));
      wanted = (int) Math.min(wanted, length + budget.available() - fixed);
      if (wanted <= start || !budget.take(fixed + wanted - length)) {
        return null;
      }
    }
    byte[] page = there;
    if (page == null || wanted > page.length || !owns(number)) {
      page = there == null ? new byte[wanted] : Arrays.copyOf(there, wanted);
      put(number, page);
      cost += wanted - length;
      if (there == null) {
        pages++;
        cost += HEADER;
      }
    }
    return page;
  }

  /** Cuts a page to a length, if it is longer. */
  void shorten(long number, int length, Budget budget) {
    byte[] page = get(number);
    if (page != null && page.length > length) {
      put(number, Arrays.copyOf(page, length));
      cost -= page.length - length;
      budget.release(page.length - length);
    }
  }

  /** Clears a part of a page, if the page exists. */
  void clear(long number, int from, int to) {
    byte[] page = get(number);
    if (page != null && page.length > from) {
      byte[] changed = owns(number) ? page : page.clone();
      Arrays.fill(changed, from, Math.min(to, page.length), (byte) 0);
      put(number, changed);
    }
  }

  /** Returns how many pages of a range do not exist. */
  long missing(long from, long to) {
    return to - from - count(root, height, from, to);
  }

  /** Returns how much a number of consecutive pages costs at most, at any position. */
  static long maxFor(long pages) {
    return pages == 0 ? 0 : pages * (PAGE + HEADER) + (pages / FAN_OUT + 20) * NODE;
  }

  /** Reserves the missing pages of a range. The budget has room for them. */
  void reserve(long from, long to, Budget budget) {
    for (long number = from; number < to; number++) {
      if (get(number) == null) {
        if (!budget.take((long) missingNodes(number) * NODE + PAGE + HEADER)) {
          throw new IllegalStateException("less than was counted");
        }
        put(number, RESERVED);
        pages++;
        cost += PAGE + HEADER;
      }
    }
  }

  /** Removes all pages of a range. */
  @SuppressWarnings("ReferenceEquality") // compares nodes by identity
  void remove(long from, long to, Budget budget) {
    if (from < to && from < capacity(height) && root != null) {
      long before = cost;
      Object left = remove(root, ownsRoot, height, from, to);
      if (left != root) {
        root = left;
        ownsRoot = true;
      }
      if (root == null) {
        height = 0;
      }
      budget.release(before - cost);
    }
  }

  /**
   * Returns the first page at or after a number that has contents, or the first that has none; -1
   * if there is no such page.
   */
  long find(long from, boolean contents, Checkpoint checkpoint) {
    if (from >= capacity(height)) {
      return contents ? -1 : from;
    }
    long found = find(root, height, from, contents, false, checkpoint);
    return found < 0 && !contents ? capacity(height) : found;
  }

  /** Returns the first page at or after a number that exists or is reserved; else -1. */
  long first(long from, Checkpoint checkpoint) {
    return from >= capacity(height) ? -1 : find(root, height, from, true, true, checkpoint);
  }

  private static long find(
      @Nullable Object at,
      int level,
      long from,
      boolean contents,
      boolean reserved,
      Checkpoint checkpoint) {
    if (!(at instanceof Node node)) {
      boolean there = at instanceof byte[] page && (reserved || !isReserved(page));
      return there == contents ? from : -1;
    }
    checkpoint.pass();
    long below = capacity(level - 1);
    for (int slot = (int) (from / below); slot < FAN_OUT; slot++) {
      long start = slot * below;
      long found =
          find(
              node.slots[slot],
              level - 1,
              Math.max(0, from - start),
              contents,
              reserved,
              checkpoint);
      if (found >= 0) {
        return start + found;
      }
    }
    return -1;
  }

  /** Returns how many pages of a range exist below a node. */
  private static long count(@Nullable Object at, int level, long from, long to) {
    if (!(at instanceof Node node)) {
      return at != null && from <= 0 && to > 0 ? 1 : 0;
    }
    long below = capacity(level - 1);
    long count = 0;
    for (int slot = 0; slot < FAN_OUT; slot++) {
      long start = slot * below;
      if (node.slots[slot] != null && start < to && start + below > from) {
        count += count(node.slots[slot], level - 1, from - start, to - start);
      }
    }
    return count;
  }

  /**
   * Removes pages below a node.
   *
   * @param own whether no other tree shares the node
   * @return the new node, which is the caller's own if it is another object; null if nothing is
   *     left
   */
  @SuppressWarnings("ReferenceEquality")
  private @Nullable Object remove(Object at, boolean own, int level, long from, long to) {
    if (!(at instanceof Node node)) {
      pages--;
      cost -= sizeOf((byte[]) at) + HEADER;
      return null;
    }
    Node mine = own ? node : null;
    long below = capacity(level - 1);
    for (int slot = 0; slot < FAN_OUT; slot++) {
      long start = slot * below;
      Object child = node.slots[slot];
      if (child != null && start < to && start + below > from) {
        Object left = remove(child, own && node.owns(slot), level - 1, from - start, to - start);
        if (left != child) {
          mine = mine == null ? new Node(node) : mine;
          mine.put(slot, left);
        }
      }
    }
    if (mine != null && mine.isEmpty()) {
      cost -= NODE;
      return null;
    }
    return mine == null ? node : mine;
  }

  /** Returns how many nodes a page needs that do not exist yet. */
  private int missingNodes(long number) {
    int needed = height;
    while (number >= capacity(needed)) {
      needed++;
    }
    if (root == null) {
      return needed;
    }
    int missing = needed - height;
    if (missing > 0) {
      // New nodes lead from the new top down to the present root. The path to the page branches
      // off at the top, and all nodes below that are new, too.
      return missing + needed - 1;
    }
    Object at = root;
    for (int level = height; level > 0; level--) {
      if (at == null) {
        return level;
      }
      at = ((Node) at).slots[slot(number, level)];
    }
    return 0;
  }

  /** Answers whether no other tree shares a page. */
  private boolean owns(long number) {
    boolean own = ownsRoot;
    Object at = root;
    for (int level = height; level > 0 && own && at != null; level--) {
      Node node = (Node) at;
      own = node.owns(slot(number, level));
      at = node.slots[slot(number, level)];
    }
    return own;
  }

  /**
   * Puts a page into the tree and makes the nodes on the way to it. The budget was charged for
   * them.
   */
  private void put(long number, byte[] page) {
    while (number >= capacity(height)) {
      if (root != null) {
        Node above = new Node();
        above.slots[0] = root;
        above.own = ownsRoot ? 1 : 0;
        root = above;
        ownsRoot = true;
        cost += NODE;
      }
      height++;
    }
    if (height == 0) {
      root = page;
      ownsRoot = true;
      return;
    }
    Node at = own(root, ownsRoot);
    root = at;
    ownsRoot = true;
    for (int level = height; level > 1; level--) {
      int slot = slot(number, level);
      Node next = own(at.slots[slot], at.owns(slot));
      at.put(slot, next);
      at = next;
    }
    at.put(slot(number, 1), page);
  }

  private Node own(@Nullable Object node, boolean own) {
    if (node == null) {
      cost += NODE;
      return new Node();
    }
    return own ? (Node) node : new Node((Node) node);
  }
}
