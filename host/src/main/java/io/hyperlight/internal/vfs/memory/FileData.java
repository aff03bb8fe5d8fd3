package io.hyperlight.internal.vfs.memory;

import io.hyperlight.internal.os.Checkpoint;
import java.util.Arrays;

/**
 * The bytes of a file in memory, of which copies of the file share all that neither has written.
 * What nobody has written is a hole, which costs nothing, however long it is.
 */
final class FileData {
  private static final int PAGE = PageTree.PAGE;

  /** How many pages are looked at, or taken away, between two checkpoints. */
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

  /** The same, to be changed; the original must not be changed any more. */
  FileData copy() {
    return new FileData(this);
  }

  long size() {
    return size;
  }

  /** What the budget was charged with. */
  long cost() {
    return pages.cost();
  }

  /** How much of it is there, in bytes: whole pages, also behind the end. */
  long allocated() {
    return pages.pages() * PAGE;
  }

  /** Copies bytes out; returns how many, 0 at the end. */
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
   * Copies bytes in, as far as the budget goes.
   *
   * @param offset at most such that no sum with the length overflows
   * @return how many
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

  /** Cuts it, or extends it with a hole. What was reserved behind the end is given back. */
  void truncate(long newSize, Budget budget, Checkpoint checkpoint) {
    if (newSize <= size) {
      long first = newSize / PAGE + (newSize % PAGE == 0 ? 0 : 1);
      remove(first, Long.MAX_VALUE / PAGE + 1, budget, checkpoint);
      // What is behind the end must be zeros when the file grows again.
      pages.shorten(newSize / PAGE, (int) (newSize % PAGE), budget);
    }
    size = newSize;
  }

  private void remove(long from, long to, Budget budget, Checkpoint checkpoint) {
    for (long at = pages.first(from, checkpoint); at >= 0 && at < to; ) {
      long end = Math.min(to, at + PIECE);
      checkpoint.pass(Checkpoint.MOST_STEPS);
      pages.remove(at, end, budget);
      at = pages.first(end, checkpoint);
    }
  }

  /** Makes a hole. The parts of pages at its ends become zeros. */
  void punch(long from, long to, Budget budget, Checkpoint checkpoint) {
    long first = from / PAGE + (from % PAGE == 0 ? 0 : 1);
    long last = to / PAGE;
    if (first > last) { // within a page
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
   * Makes sure that there is room for what is written later. Does not change the size.
   *
   * @return false, and nothing done, if the budget does not have it
   */
  boolean reserve(long from, long to, Budget budget, Checkpoint checkpoint) {
    long first = from / PAGE;
    long last = (to - 1) / PAGE + 1;
    if (last - first > budget.limit() / PAGE) {
      return false;
    }
    long missing = 0;
    for (long at = first; at < last; at += PIECE) {
      checkpoint.pass(Checkpoint.MOST_STEPS);
      missing += pages.missing(at, Math.min(last, at + PIECE));
    }
    if (PageTree.mostFor(missing) > budget.available()) {
      return false;
    }
    for (long at = first; missing > 0 && at < last; at += PIECE) {
      checkpoint.pass(Checkpoint.MOST_STEPS);
      pages.reserve(at, Math.min(last, at + PIECE), budget);
    }
    return true;
  }

  /** Makes it longer if it is shorter. */
  void extend(long newSize) {
    size = Math.max(size, newSize);
  }

  /**
   * The next byte at or behind one, and before the end, that is not in a hole.
   *
   * @return -1 if there is none
   */
  long nextData(long offset, Checkpoint checkpoint) {
    long page = pages.find(offset / PAGE, true, checkpoint);
    long start = page < 0 ? size : Math.max(offset, page * PAGE);
    return start < size ? start : -1;
  }

  /** The next byte at or behind one that is in a hole: the end at the latest. */
  long nextHole(long offset, Checkpoint checkpoint) {
    long page = pages.find(offset / PAGE, false, checkpoint);
    return page > size / PAGE ? size : Math.min(size, Math.max(offset, page * PAGE));
  }
}
