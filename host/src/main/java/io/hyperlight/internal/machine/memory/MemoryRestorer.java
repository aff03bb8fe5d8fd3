package io.hyperlight.internal.machine.memory;

import static io.hyperlight.internal.machine.memory.Pages.PAGE_SIZE;

import io.hyperlight.internal.hypervisor.DirtyTracker;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Brings the memory of a spawned machine back to its image by copying back the pages that changed.
 *
 * <p>The pages that every call writes are the <em>hot set</em>: they stay writable and known, so
 * that going back takes no system call and the guest's next write costs nothing. The tracker adds
 * newcomers. Now and then the pages are compared, and if many of them are clean, all are tracked
 * anew, so that those which stay clean leave the set. What grows too large is not copied but mapped
 * anew.
 */
public final class MemoryRestorer implements AutoCloseable {
  /** Pages; from here on mapping anew is cheaper, and gives the memory back to the host. */
  static final int MOST_COPIED = 4096;

  /** Restores between two comparisons, at first. */
  static final int FIRST_COMPARISON = 16;

  private static final int LONGEST_INTERVAL = 4096;

  /** Clean pages that are worth a system call and a fault for each of the others. */
  private static final int FEWEST_CLEAN = 16;

  /** Ranges; from here on translations are forgotten for all of the image. */
  private static final int MOST_RETRANSLATED = 64;

  private static final MemorySegment ZEROS = MemorySegment.ofArray(new byte[PAGE_SIZE]);

  private final MemoryImage image;
  private final MemoryRegions regions;

  /** Where all of the image is. */
  private final MemorySegment memory;

  private final DirtyPages dirty;

  /** Pages of the image that are, or were, reached otherwise than in the image. */
  private final PageRanges retranslated = new PageRanges();

  private @Nullable DirtyTracker tracker;

  /** Whether pages that the guest has written may be unknown. */
  private boolean incomplete;

  private int interval = FIRST_COMPARISON;
  private int untilComparison = FIRST_COMPARISON;

  /** For memory that equals its image now. Holds the image until it is closed. */
  MemoryRestorer(MemoryImage image, MemoryRegions regions) {
    this.image = image;
    this.regions = regions;
    memory = regions.first();
    dirty = new DirtyPages(image);
  }

  MemoryImage image() {
    return image;
  }

  /** Says who knows what the guest writes; before it runs. */
  void trackBy(DirtyTracker guestWrites) {
    tracker = guestWrites;
  }

  /** Says what the host writes. */
  void wrote(long physicalAddress, long length) {
    for (long page = physicalAddress / PAGE_SIZE;
        page <= (physicalAddress + length - 1) / PAGE_SIZE;
        page++) {
      dirty.add(page);
    }
  }

  /** Says that the page tables lead to these pages in another way than the image's. */
  void translated(long physicalAddress, long length) {
    long end = Math.min(physicalAddress + length, image.dataEnd());
    retranslated.add(physicalAddress, end);
    if (retranslated.count() > MOST_RETRANSLATED) {
      retranslated.add(PhysicalLayout.DATA_START, image.dataEnd());
    }
  }

  /** Collects the pages the guest has written, and lets the tracker start anew. */
  void makeRoom() {
    DirtyTracker guestWrites = tracker();
    incomplete = true; // should something fail in between
    guestWrites.collect(dirty);
    guestWrites.rearm();
    incomplete = false;
  }

  /** Whether all pages that the guest has written are known, or will be. */
  boolean isComplete() {
    return !incomplete;
  }

  private DirtyTracker tracker() {
    if (tracker == null) {
      throw new IllegalStateException("no tracker");
    }
    return tracker;
  }

  /** How many pages the next restore copies, as far as is known without asking. */
  int hotPages() {
    return dirty.count();
  }

  /**
   * Makes the memory equal to the image again. The vCPU does not run.
   *
   * @param end the end of the data that was handed out
   */
  void restore(long end) {
    DirtyTracker guestWrites = tracker();
    guestWrites.collect(dirty);
    if (end > image.dataEnd()) {
      // All data that was mapped since lies here. Dropping it also removes the translations that a
      // processor or a shadowing KVM still holds: the tables of the image are byte-equal again, but
      // that alone would leave them in use.
      regions.drop(image.dataEnd(), end - image.dataEnd());
    }
    if (dirty.count() > MOST_COPIED) {
      regions.drop(0, image.sizeBytes());
      retranslated.clear();
      forget(guestWrites);
      return;
    }
    // The tables go back to what they were, which alone would leave translations in use.
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
      // A set that changes all the time would be learnt over and over.
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

  /** All pages are clean now, and their next write is to be found. */
  private void forget(DirtyTracker guestWrites) {
    guestWrites.rearm();
    dirty.clear();
  }

  /** Copies a page back; returns whether it had changed, which it always has unless compared. */
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
