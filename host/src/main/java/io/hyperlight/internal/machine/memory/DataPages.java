package io.hyperlight.internal.machine.memory;

import static io.hyperlight.internal.machine.memory.Pages.PAGE_SIZE;

import io.hyperlight.internal.os.Checkpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The pages of guest-physical memory that hold data: which of them are in use, and by how many
 * holders. Pages are zeroed and allocated in ascending order. Freed pages are allocated again.
 * Those beyond the image come first, since a restore drops them as a whole.
 */
final class DataPages {
  /** The maximum number of pieces of memory for each of which the host is asked. */
  private static final int MAXIMUM_CALLS = 16;

  /**
   * The size in bytes of a piece for which it pays to ask the host, even if there are many pieces.
   */
  private static final long LARGE = 256L * PAGE_SIZE;

  /** The number of bytes that the host is asked to take back at once. */
  private static final long MAXIMUM_DROPPED = 16L << 20;

  private final MemoryRegions regions;
  private final TablePages tables;
  private final PhysicalLayout layout;
  private final @Nullable MemoryRestorer restorer;

  /** The end of the image's data, or 0 without an image. A restore drops everything beyond it. */
  private final long imageEnd;

  private final PageHolders holders = new PageHolders();
  private long nextFree = PhysicalLayout.DATA_START;

  /** Freed pages below {@link #nextFree}. They are zeros if they are beyond the image. */
  private final PageRanges free = new PageRanges();

  /** Whether {@link #free} differs from the image's. */
  private boolean freeChanged;

  private Checkpoint checkpoint = Checkpoint.NONE;

  /**
   * Makes pages of which only those of the image are in use.
   *
   * @param tables take memory out of the same budget
   */
  DataPages(
      MemoryRegions regions,
      TablePages tables,
      PhysicalLayout layout,
      @Nullable MemoryRestorer restorer) {
    this.regions = regions;
    this.tables = tables;
    this.layout = layout;
    this.restorer = restorer;
    if (restorer == null) {
      imageEnd = 0;
    } else {
      MemoryImage image = restorer.image();
      imageEnd = image.dataEnd();
      nextFree = imageEnd;
      free.set(image.freePages());
      holders.begin(image.holders());
    }
  }

  void useCheckpoint(Checkpoint ofVm) {
    checkpoint = ofVm;
  }

  /** Returns the address behind all pages that were ever allocated. */
  long end() {
    return nextFree;
  }

  /** Returns the pages below the end that have no holder. */
  PageRanges freePages() {
    return free;
  }

  PageHolders holders() {
    return holders;
  }

  /** Returns how many bytes can be allocated, in pieces that may be small, and are not promised. */
  long freeBytes() {
    return layout.sizeBytes()
        - (nextFree - PhysicalLayout.DATA_START)
        - (long) tables.count() * PAGE_SIZE
        + free.bytes()
        - holders.promisedPages() * PAGE_SIZE;
  }

  boolean isFree(long wanted) {
    return wanted <= freeBytes();
  }

  void requireFree(long wanted) {
    if (!isFree(wanted)) {
      throw exhausted(wanted);
    }
  }

  GuestMemoryExhaustedException exhausted(long wanted) {
    return new GuestMemoryExhaustedException(wanted, freeBytes(), layout.sizeBytes());
  }

  /**
   * Allocates contiguous zeroed pages.
   *
   * @param sizeBytes a multiple of the page size
   * @return the guest-physical address of the first
   * @throws GuestMemoryExhaustedException if so much is not free in one piece
   */
  long allocate(long sizeBytes) {
    requireFree(sizeBytes);
    long address = takeContiguous(sizeBytes);
    if (address < 0) {
      throw exhausted(sizeBytes);
    }
    return address;
  }

  /** Returns contiguous zeroed pages, or -1 if there are none. */
  private long takeContiguous(long sizeBytes) {
    freeChanged = true;
    long recycled = free.take(sizeBytes, imageEnd, checkpoint);
    if (recycled >= 0) {
      return recycled;
    }
    if (sizeBytes <= layout.dataEnd() - nextFree) {
      long address = nextFree;
      nextFree += sizeBytes;
      return address;
    }
    long used = free.take(sizeBytes, 0, checkpoint);
    if (used >= 0) {
      zero(used, sizeBytes);
    }
    return used;
  }

  /**
   * Allocates zeroed pages, in one piece if there is one and else in several.
   *
   * @param sizeBytes a multiple of the page size
   * @throws GuestMemoryExhaustedException if so much is not free; nothing is allocated then
   */
  List<PageRanges.Range> allocatePieces(long sizeBytes) {
    requireFree(sizeBytes);
    long start = takeContiguous(sizeBytes);
    return start < 0 ? gather(sizeBytes) : List.of(new PageRanges.Range(start, start + sizeBytes));
  }

  /** Allocates memory that is free, but not in one piece. */
  private List<PageRanges.Range> gather(long sizeBytes) {
    List<PageRanges.Range> pieces = new ArrayList<>();
    long missing = sizeBytes;
    if (nextFree < layout.dataEnd()) {
      pieces.add(new PageRanges.Range(nextFree, layout.dataEnd()));
      missing -= layout.dataEnd() - nextFree;
      nextFree = layout.dataEnd();
    }
    while (missing > 0) {
      checkpoint.pass();
      PageRanges.Range piece = Objects.requireNonNull(free.takeLast(missing));
      zero(piece.start(), Math.max(0, Math.min(piece.end(), imageEnd) - piece.start()));
      pieces.add(piece);
      missing -= piece.sizeBytes();
    }
    return pieces;
  }

  /**
   * Allocates a page for a private holder of another one, which releases that one. The memory was
   * promised to the holder.
   *
   * @param shared the page, which has several holders
   * @return a page of zeros
   */
  long replace(long shared) {
    holders.remove(shared / PAGE_SIZE, false);
    try {
      return allocate(PAGE_SIZE);
    } catch (Throwable t) {
      holders.add(shared / PAGE_SIZE, false);
      throw t;
    }
  }

  /**
   * Frees pages to which no page table points any more. {@link MemoryRestorer#translated} was
   * called for them before.
   */
  void free(PageRanges pages) {
    freeChanged = true;
    PageRanges kept = pages.within(0, imageEnd, checkpoint);
    PageRanges left = drop(pages.within(imageEnd, layout.dataEnd(), checkpoint));
    addTo(kept, left);
    forgetTranslations(kept);
    zero(left); // last: another vCPU may write until its translations are forgotten
    addTo(free, pages);
  }

  private void addTo(PageRanges target, PageRanges pages) {
    for (PageRanges.Range range : pages.toList(checkpoint)) {
      checkpoint.pass();
      target.add(range.start(), range.end());
    }
  }

  /** Fills pages with zeros. The translations to them may stay or be forgotten. */
  void discard(PageRanges pages) {
    for (PageRanges.Range range : pages.within(0, imageEnd, checkpoint).toList(checkpoint)) {
      zero(range.start(), range.sizeBytes());
    }
    zero(drop(pages.within(imageEnd, layout.dataEnd(), checkpoint)));
  }

  private void zero(PageRanges pages) {
    for (PageRanges.Range range : pages.toList(checkpoint)) {
      zero(range.start(), range.sizeBytes());
    }
  }

  /**
   * Returns pages beyond the image to the host, so that they are zeros and no translation leads to
   * them. Of many pieces, it returns only the large ones: each such call has a cost for every VM of
   * the process.
   *
   * @return those that the caller has to fill with zeros instead; the translations to them stay
   */
  private PageRanges drop(PageRanges pages) {
    PageRanges left = new PageRanges();
    boolean many = pages.count() > MAXIMUM_CALLS;
    for (PageRanges.Range range : pages.toList(checkpoint)) {
      if (many && range.sizeBytes() < LARGE) {
        left.add(range.start(), range.end());
      } else {
        drop(range);
      }
    }
    return left;
  }

  private void drop(PageRanges.Range range) {
    for (long at = range.start(); at < range.end(); at += MAXIMUM_DROPPED) {
      long size = Math.min(MAXIMUM_DROPPED, range.end() - at);
      checkpoint.passBytes(size);
      regions.drop(at, size);
    }
  }

  /**
   * Makes the hypervisor forget the translations to these pages, whose entries in the page tables
   * have changed. The restorer was told of the change before.
   *
   * <p>Each such call has a cost for every VM of the process. So if there are many pieces, it takes
   * all pages between the first and the last. More translations are then looked up again, which
   * does no harm.
   */
  void forgetTranslations(PageRanges pages) {
    if (pages.count() > MAXIMUM_CALLS) {
      regions.forgetTranslations(pages.first(), pages.end() - pages.first());
      return;
    }
    for (PageRanges.Range range : pages.toList()) {
      regions.forgetTranslations(range.start(), range.sizeBytes());
    }
  }

  private void zero(long address, long sizeBytes) {
    for (long done = 0; done < sizeBytes; done += Checkpoint.MAX_BYTES) {
      long size = Math.min(Checkpoint.MAX_BYTES, sizeBytes - done);
      checkpoint.passBytes(size);
      if (restorer != null) {
        restorer.wrote(address + done, size);
      }
      regions.slice(address + done, size).fill((byte) 0);
    }
  }

  /** Returns whether an image made now would have anything but zeros in a page. */
  boolean mayHaveContents(long page, PageBitmap touched) {
    boolean maybe =
        touched.contains(page) || (restorer != null && restorer.image().isPresent(page));
    return maybe && !free.contains(page * PAGE_SIZE) && !regions.isZero(page * PAGE_SIZE);
  }

  /** Restores which pages the image has in use, after contents and tables are restored. */
  void restore(MemoryImage image) {
    nextFree = image.dataEnd();
    if (freeChanged) {
      free.set(image.freePages());
      freeChanged = false;
    }
    holders.restore(image.holders());
  }
}
