package io.hyperlight.internal.machine.memory;

import io.hyperlight.internal.hypervisor.DirtyTracker;
import java.util.Arrays;

/**
 * The pages of a spawned machine's memory that may differ from its image: those that the guest was
 * seen to write, and those that the host wrote itself. Pages beyond the image are not kept, since a
 * restore drops them as a whole.
 */
public final class DirtyPages implements DirtyTracker.PageSet {
  private final MemoryImage image;

  /** By page number, from the image's first page on. */
  private final PageBitmap set;

  private final long first;
  private int[] list = new int[32];
  private int count;

  /** Makes an empty set. */
  DirtyPages(MemoryImage image) {
    this.image = image;
    first = image.firstPage();
    set = new PageBitmap(image.sizeBytes() / Pages.PAGE_SIZE - first);
  }

  @Override
  public void add(long page) {
    if (count == list.length) {
      // First: if the heap is full, a page in the set would be missing in the list, and never be
      // restored.
      list = Arrays.copyOf(list, 2 * count);
    }
    if (image.covers(page) && set.add(page - first)) {
      list[count++] = (int) page;
    }
  }

  int count() {
    return count;
  }

  /** Returns the page at an index below {@link #count}. */
  int get(int index) {
    return list[index];
  }

  void clear() {
    set.clear();
    count = 0;
  }
}
