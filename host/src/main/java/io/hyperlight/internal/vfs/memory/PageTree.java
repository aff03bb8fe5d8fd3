package io.hyperlight.internal.vfs.memory;

import io.hyperlight.internal.os.Checkpoint;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The pages of a file in memory by number: a radix tree, so that a page costs as much wherever it
 * is, and pages that are not there cost nothing. A copy takes no time: it shares all nodes and
 * pages with its original, which must not be changed any more, and copies each before its first
 * change.
 *
 * <p>A page's array may be shorter than a page: what lies behind its end are zeros. So small files
 * are small. No method goes deeper than the tree is high, which is nine levels at most.
 */
final class PageTree {
  static final int PAGE = 4096;

  private static final int BITS = 6;
  private static final int FAN_OUT = 1 << BITS;

  /** What a node costs of the heap, with pointers of eight bytes. */
  static final int NODE = FAN_OUT * Long.BYTES + 64;

  /** What a page costs besides its bytes: the header of its array. */
  static final int HEADER = 24;

  /** A page without contents that has been paid for. */
  private static final byte[] RESERVED = {};

  private static final class Node {
    /** Nodes, or pages in those of the lowest level. */
    final @Nullable Object[] slots;

    /** Which of them nobody shares, if nobody shares this node. */
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

  /** The first page itself if the height is 0; null if there is none. */
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

  /** How many there are, reserved ones included. */
  long pages() {
    return pages;
  }

  /** What the budget was charged with. */
  long cost() {
    return cost;
  }

  private static long capacity(int level) {
    return 1L << (BITS * level);
  }

  private static int slot(long number, int level) {
    return (int) (number >>> (BITS * (level - 1))) & (FAN_OUT - 1);
  }

  /** All others have a byte at least. */
  private static boolean isReserved(byte[] page) {
    return page.length == 0;
  }

  private static int sizeOf(byte[] page) {
    return isReserved(page) ? PAGE : page.length;
  }

  /** A page, not to be changed; null if it is not there. */
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
   * A page to be changed, made or lengthened as needed.
   *
   * @param start the first byte that is wanted
   * @param end behind the last one
   * @return as many, or fewer if the budget does not have them; null if it has none at all
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

  /** Cuts a page that is longer. */
  void shorten(long number, int length, Budget budget) {
    byte[] page = get(number);
    if (page != null && page.length > length) {
      put(number, Arrays.copyOf(page, length));
      cost -= page.length - length;
      budget.giveBack(page.length - length);
    }
  }

  /** Makes a part of a page zeros, if it is there. */
  void clear(long number, int from, int to) {
    byte[] page = get(number);
    if (page != null && page.length > from) {
      byte[] changed = owns(number) ? page : page.clone();
      Arrays.fill(changed, from, Math.min(to, page.length), (byte) 0);
      put(number, changed);
    }
  }

  /** How many pages of a range are not there. */
  long missing(long from, long to) {
    return to - from - count(root, height, from, to);
  }

  /** What so many pages cost at most, wherever they are in a row. */
  static long mostFor(long pages) {
    return pages == 0 ? 0 : pages * (PAGE + HEADER) + (pages / FAN_OUT + 20) * NODE;
  }

  /** Reserves all of a range that is not there, which the budget has. */
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

  /** Takes all pages of a range away. */
  @SuppressWarnings("ReferenceEquality") // whether it is the same node, not an equal one
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
      budget.giveBack(before - cost);
    }
  }

  /** The first page at or behind one that has contents, or the first that has none; else -1. */
  long find(long from, boolean contents, Checkpoint checkpoint) {
    if (from >= capacity(height)) {
      return contents ? -1 : from;
    }
    long found = find(root, height, from, contents, false, checkpoint);
    return found < 0 && !contents ? capacity(height) : found;
  }

  /** The first page at or behind one that is there, or reserved; else -1. */
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

  /** How many pages of a range there are below something. */
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
   * Takes pages away below something.
   *
   * @param own whether nobody shares it
   * @return what is there now, which is the caller's own if it is not the same; null for nothing
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

  /** How many nodes have to be made before a page can be put there. */
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
      // The first node above what there is leads there; the others below it do not exist yet.
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

  /** Whether nobody shares a page that is there. */
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

  /** Puts a page somewhere, and makes all nodes on the way to it, which are paid for. */
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
