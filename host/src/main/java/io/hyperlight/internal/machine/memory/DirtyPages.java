package io.hyperlight.internal.machine.memory;

import io.hyperlight.internal.hypervisor.DirtyTracker;
import java.util.Arrays;

/**
 * The pages of a spawned machine's memory that may differ from its image: what the guest was seen
 * to write, and what the host wrote itself. Pages beyond the image are not kept: they are dropped
 * as a whole.
 */
public final class DirtyPages implements DirtyTracker.PageSet {
  private final MemoryImage image;

  /** By page number, from the image's first page on. */
  private final PageBitmap set;

  private final long first;
  private int[] list = new int[32];
  private int count;

  /** None. */
  DirtyPages(MemoryImage image) {
    this.image = image;
    first = image.firstPage();
    set = new PageBitmap(image.sizeBytes() / Pages.PAGE_SIZE - first);
  }

  @Override
  public void add(long page) {
    if (count == list.length) {
      // First: a page in the set that is missing in the list for want of memory would never go
      // back.
      list = Arrays.copyOf(list, 2 * count);
    }
    if (image.covers(page) && set.add(page - first)) {
      list[count++] = (int) page;
    }
  }

  int count() {
    return count;
  }

  /** The page at an index below {@link #count}. */
  int get(int index) {
    return list[index];
  }

  void clear() {
    set.clear();
    count = 0;
  }
}
