package io.hyperlight.internal.machine.memory;

import static io.hyperlight.internal.machine.memory.Pages.PAGE_SIZE;

import io.hyperlight.internal.hypervisor.DirtyTracker;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Restores the memory of a spawned machine to its image by copying the changed pages.
 *
 * <p>The pages that every call writes are the <em>hot set</em>. They stay writable and known. So a
 * restore takes no system call, and the guest's next write costs nothing. The tracker adds new
 * pages. Now and then the restorer compares the pages with the image. If many of them are clean, it
 * tracks all pages again, and those that stay clean leave the set. If the set grows too large, the
 * memory is not copied but mapped again.
 */
public final class MemoryRestorer implements AutoCloseable {
  /**
   * The number of pages from which mapping again is cheaper than copying. It also returns the
   * memory to the host.
   */
  static final int MAX_COPIED = 4096;

  /** The number of restores between two comparisons, at first. */
  static final int FIRST_COMPARISON = 16;

  private static final int LONGEST_INTERVAL = 4096;

  /** The number of clean pages that are worth a system call and a fault for each of the others. */
  private static final int FEWEST_CLEAN = 16;

  /** The number of ranges from which translations are forgotten for the whole image. */
  private static final int MAX_RETRANSLATED = 64;

  private static final MemorySegment ZEROS = MemorySegment.ofArray(new byte[PAGE_SIZE]);

  private final MemoryImage image;
  private final MemoryRegions regions;

  /** The memory of the whole image. */
  private final MemorySegment memory;

  private final DirtyPages dirty;

  /** Pages of the image to which other translations lead, or led, than in the image. */
  private final PageRanges retranslated = new PageRanges();

  private @Nullable DirtyTracker tracker;

  /** Whether the guest may have written pages that are not known. */
  private boolean incomplete;

  private int interval = FIRST_COMPARISON;
  private int untilComparison = FIRST_COMPARISON;

  /**
   * Makes a restorer for memory that equals its image now. It holds the image until it is closed.
   */
  MemoryRestorer(MemoryImage image, MemoryRegions regions) {
    this.image = image;
    this.regions = regions;
    memory = regions.first();
    dirty = new DirtyPages(image);
  }

  MemoryImage image() {
    return image;
  }

  /** Sets the tracker of the guest's writes, before the guest runs. */
  void trackBy(DirtyTracker guestWrites) {
    tracker = guestWrites;
  }

  /** Records a write of the host. */
  void wrote(long physicalAddress, long length) {
    for (long page = physicalAddress / PAGE_SIZE;
        page <= (physicalAddress + length - 1) / PAGE_SIZE;
        page++) {
      dirty.add(page);
    }
  }

  /** Records that the host writes within one page. It is short: each call writes several times. */
  void wroteWithin(long physicalAddress) {
    dirty.add(physicalAddress / PAGE_SIZE);
  }

  /** Records that the page tables lead to these pages in another way than the image's. */
  void translated(long physicalAddress, long length) {
    long end = Math.min(physicalAddress + length, image.dataEnd());
    retranslated.add(physicalAddress, end);
    if (retranslated.count() > MAX_RETRANSLATED) {
      retranslated.add(PhysicalLayout.DATA_START, image.dataEnd());
    }
  }

  /** Collects the pages that the guest has written, and rearms the tracker. */
  void makeRoom() {
    DirtyTracker guestWrites = tracker();
    incomplete = true; // if something fails in between
    guestWrites.collect(dirty);
    guestWrites.rearm();
    incomplete = false;
  }

  /** Returns whether all pages that the guest has written are known, or will be. */
  boolean isComplete() {
    return !incomplete;
  }

  private DirtyTracker tracker() {
    if (tracker == null) {
      throw new IllegalStateException("no tracker");
    }
    return tracker;
  }

  /**
   * Returns how many pages the next restore copies, as far as is known without asking the tracker.
   */
  int hotPages() {
    return dirty.count();
  }

  /**
   * Makes the memory equal to the image again. The vCPU does not run.
   *
   * @param end the end of the data that was allocated
   */
  void restore(long end) {
    DirtyTracker guestWrites = tracker();
    guestWrites.collect(dirty);
    if (end > image.dataEnd()) {
      // All data that was mapped since lies here. Dropping it also removes the translations that a
      // processor or a shadowing KVM still holds. The tables equal those of the image again, byte
      // for byte, but that alone would leave the translations in use.
      regions.drop(image.dataEnd(), end - image.dataEnd());
    }
    if (dirty.count() > MAX_COPIED) {
      regions.drop(0, image.sizeBytes());
      retranslated.clear();
      forget(guestWrites);
      return;
    }
    // The tables become those of the image again. That alone would leave translations in use.
    if (retranslated.count() > 0) {
      for (PageRanges.Range range : retranslated.toList()) {
        regions.forgetTranslations(range.start(), range.sizeBytes());
      }
      retranslated.clear();
    }
    boolean compare = --untilComparison == 0;
    int clean = 0;
    for (int i = 0; i < dirty.count(); i++) {
      clean += copyBack(dirty.get(i), compare) ? 0 : 1;
    }
    if (compare) {
      boolean relearn = clean >= FEWEST_CLEAN && clean > dirty.count() / 2;
      // Otherwise a set that changes all the time would be learnt over and over.
      interval = relearn ? Math.min(2 * interval, LONGEST_INTERVAL) : interval;
      untilComparison = interval;
      if (relearn) {
        forget(guestWrites);
        return;
      }
    }
    if (guestWrites.needsRearming()) {
      forget(guestWrites);
    }
  }

  /** Forgets the set. All pages are clean now, and the tracker has to find their next write. */
  private void forget(DirtyTracker guestWrites) {
    guestWrites.rearm();
    dirty.clear();
  }

  /**
   * Copies a page of the image back.
   *
   * @return whether the page had changed; always true unless it is compared
   */
  private boolean copyBack(long page, boolean compare) {
    long at = page * PAGE_SIZE;
    boolean present = image.isPresent(page);
    MemorySegment source = present ? image.contents() : ZEROS;
    long from = present ? at : 0;
    if (compare
        && MemorySegment.mismatch(source, from, from + PAGE_SIZE, memory, at, at + PAGE_SIZE) < 0) {
      return false;
    }
    MemorySegment.copy(source, from, memory, at, PAGE_SIZE);
    return true;
  }

  @Override
  public void close() {
    image.release();
  }
}
