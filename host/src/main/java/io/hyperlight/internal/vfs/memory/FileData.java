package io.hyperlight.internal.vfs.memory;

import io.hyperlight.internal.os.Checkpoint;
import java.util.Arrays;

/**
 * The bytes of a file in memory. A copy of a file shares all pages that neither of the two has
 * written since. Parts that were never written are holes, which cost nothing at any length.
 */
final class FileData {
  private static final int PAGE = PageTree.PAGE;

  /** How many pages are inspected or removed between two checkpoints. */
  private static final int PIECE = 1024;

  private long size;
  private final PageTree pages;

  FileData() {
    pages = new PageTree();
  }

  private FileData(FileData original) {
    size = original.size;
    pages = original.pages.copy();
  }

  /** Returns a copy that may be changed. The original must not be changed any more. */
  FileData copy() {
    return new FileData(this);
  }

  long size() {
    return size;
  }

  /** Returns how many bytes the budget was charged for. */
  long cost() {
    return pages.cost();
  }

  /** Returns how many bytes are allocated: whole pages, also behind the end. */
  long allocated() {
    return pages.pages() * PAGE;
  }

  /** Copies bytes out. Returns how many, 0 at the end. */
  int read(long offset, byte[] target, int from, int length) {
    if (offset >= size) {
      return 0;
    }
    int count = (int) Math.min(length, size - offset);
    for (int done = 0; done < count; ) {
      long at = offset + done;
      int start = (int) (at % PAGE);
      int piece = Math.min(count - done, PAGE - start);
      byte[] page = pages.get(at / PAGE);
      int there = page == null ? 0 : Math.clamp((long) page.length - start, 0, piece);
      if (page != null && there > 0) {
        System.arraycopy(page, start, target, from + done, there);
      }
      Arrays.fill(target, from + done + there, from + done + piece, (byte) 0);
      done += piece;
    }
    return count;
  }

  /**
   * Copies bytes in, as far as the budget allows.
   *
   * @param offset small enough that its sum with the length does not overflow
   * @return how many bytes
   */
  int write(long offset, byte[] source, int from, int length, Budget budget) {
    int done = 0;
    while (done < length) {
      long at = offset + done;
      int start = (int) (at % PAGE);
      int piece = Math.min(length - done, PAGE - start);
      byte[] page = pages.change(at / PAGE, start, start + piece, budget);
      int room = page == null ? 0 : Math.clamp((long) page.length - start, 0, piece);
      if (page != null && room > 0) {
        System.arraycopy(source, from + done, page, start, room);
        done += room;
        size = Math.max(size, at + room);
      }
      if (room < piece) {
        break;
      }
    }
    return done;
  }

  /**
   * Cuts the file, or extends it with a hole. Pages that were reserved behind the end are released.
   */
  void truncate(long newSize, Budget budget, Checkpoint checkpoint) {
    if (newSize <= size) {
      long first = newSize / PAGE + (newSize % PAGE == 0 ? 0 : 1);
      remove(first, Long.MAX_VALUE / PAGE + 1, budget, checkpoint);
      // Bytes behind the end must be zeros when the file grows again.
      pages.shorten(newSize / PAGE, (int) (newSize % PAGE), budget);
    }
    size = newSize;
  }

  private void remove(long from, long to, Budget budget, Checkpoint checkpoint) {
    for (long at = pages.first(from, checkpoint); at >= 0 && at < to; ) {
      long end = Math.min(to, at + PIECE);
      checkpoint.pass(Checkpoint.MAX_STEPS);
      pages.remove(at, end, budget);
      at = pages.first(end, checkpoint);
    }
  }

  /** Makes a hole. At both ends of the hole, parts of pages become zeros. */
  void punch(long from, long to, Budget budget, Checkpoint checkpoint) {
    long first = from / PAGE + (from % PAGE == 0 ? 0 : 1);
    long last = to / PAGE;
    if (first > last) { // within one page
      pages.clear(last, (int) (from % PAGE), (int) (to % PAGE));
      return;
    }
    if (from % PAGE != 0) {
      pages.clear(first - 1, (int) (from % PAGE), PAGE);
    }
    if (to % PAGE != 0) {
      pages.clear(last, 0, (int) (to % PAGE));
    }
    remove(first, last, budget, checkpoint);
  }

  /**
   * Makes sure that there is room for later writes. The size stays the same.
   *
   * @return false, and nothing is reserved, if the budget is too small
   */
  boolean reserve(long from, long to, Budget budget, Checkpoint checkpoint) {
    long first = from / PAGE;
    long last = (to - 1) / PAGE + 1;
    if (last - first > budget.limit() / PAGE) {
      return false;
    }
    long missing = 0;
    for (long at = first; at < last; at += PIECE) {
      checkpoint.pass(Checkpoint.MAX_STEPS);
      missing += pages.missing(at, Math.min(last, at + PIECE));
    }
    if (PageTree.maxFor(missing) > budget.available()) {
      return false;
    }
    for (long at = first; missing > 0 && at < last; at += PIECE) {
      checkpoint.pass(Checkpoint.MAX_STEPS);
      pages.reserve(at, Math.min(last, at + PIECE), budget);
    }
    return true;
  }

  /** Extends the file to a size, unless it is that long already. */
  void extend(long newSize) {
    size = Math.max(size, newSize);
  }

  /**
   * Returns the offset of the next byte before the end that is not in a hole, starting at a given
   * one.
   *
   * @return -1 if there is none
   */
  long nextData(long offset, Checkpoint checkpoint) {
    long page = pages.find(offset / PAGE, true, checkpoint);
    long start = page < 0 ? size : Math.max(offset, page * PAGE);
    return start < size ? start : -1;
  }

  /**
   * Returns the offset of the next byte in a hole, starting at a given one; at the latest, the end.
   */
  long nextHole(long offset, Checkpoint checkpoint) {
    long page = pages.find(offset / PAGE, false, checkpoint);
    return page > size / PAGE ? size : Math.min(size, Math.max(offset, page * PAGE));
  }
}
