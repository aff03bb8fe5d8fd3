package io.hyperlight.internal.machine.memory;

import static io.hyperlight.internal.machine.memory.Pages.PAGE_SIZE;

import io.hyperlight.internal.os.Checkpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The pages of guest-physical memory that hold data: which are handed out, and to how many holders.
 * Pages come zeroed, in ascending order; those that were given back are handed out again, first of
 * all those beyond the image, which a restore drops as a whole.
 */
final class DataPages {
  /** Pieces of memory for each of which the host is asked. */
  private static final int MAXIMUM_CALLS = 16;

  /** Bytes; what is worth asking the host for, also among many pieces. */
  private static final long LARGE = 256L * PAGE_SIZE;

  /** How much the host is asked to take back in one go. */
  private static final long MAXIMUM_DROPPED = 16L << 20;

  private final MemoryRegions regions;
  private final TablePages tables;
  private final PhysicalLayout layout;
  private final @Nullable MemoryRestorer restorer;

  /** The end of the image's data, 0 without an image: what lies beyond is dropped by a restore. */
  private final long imageEnd;

  private final PageHolders holders = new PageHolders();
  private long nextFree = PhysicalLayout.DATA_START;

  /** Pages below {@link #nextFree} that were given back. Zeros if they are beyond the image. */
  private final PageRanges free = new PageRanges();

  /** Whether {@link #free} is not what the image has. */
  private boolean freeChanged;

  private Checkpoint checkpoint = Checkpoint.NONE;

  /**
   * Pages of which none is handed out but those of the image.
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

  /** The address behind all pages that were ever handed out. */
  long end() {
    return nextFree;
  }

  /** Pages below the end that nobody has. */
  PageRanges freePages() {
    return free;
  }

  PageHolders holders() {
    return holders;
  }

  /** How much can be handed out, in pieces that may be small, and is not promised. */
  long freeBytes() {
    return layout.sizeBytes()
        - (nextFree - PhysicalLayout.DATA_START)
        - (long) tables.count() * PAGE_SIZE
        + free.bytes()
        - holders.promisedPages() * PAGE_SIZE;
  }

  void requireFree(long wanted) {
    if (wanted > freeBytes()) {
      throw exhausted(wanted);
    }
  }

  private GuestMemoryExhaustedException exhausted(long wanted) {
    return new GuestMemoryExhaustedException(wanted, freeBytes(), layout.sizeBytes());
  }

  /**
   * Hands out contiguous zeroed pages.
   *
   * @param sizeBytes a multiple of the page size
   * @return the physical address of the first
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

  /** Contiguous zeroed pages; -1 if there are none. */
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
   * Hands out zeroed pages, in one piece if there is one and else in several.
   *
   * @param sizeBytes a multiple of the page size
   * @throws GuestMemoryExhaustedException if so much is not free; nothing is handed out then
   */
  List<PageRanges.Range> allocatePieces(long sizeBytes) {
    requireFree(sizeBytes);
    long start = takeContiguous(sizeBytes);
    return start < 0 ? gather(sizeBytes) : List.of(new PageRanges.Range(start, start + sizeBytes));
  }

  /** Of memory that is free, but not in one piece. */
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
   * Takes one page out of what is promised to a private holder of another one, who gives that up.
   *
   * @param shared the page, which has several holders
   * @return zeros
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
   * Takes pages back, to which no page table points any more, as was {@linkplain
   * MemoryRestorer#translated said} before.
   */
  void free(PageRanges pages) {
    freeChanged = true;
    PageRanges kept = pages.within(0, imageEnd, checkpoint);
    PageRanges zeroed = drop(pages.within(imageEnd, layout.dataEnd(), checkpoint));
    addTo(kept, zeroed);
    forgetTranslations(kept);
    addTo(free, pages);
  }

  private void addTo(PageRanges target, PageRanges pages) {
    for (PageRanges.Range range : pages.toList(checkpoint)) {
      checkpoint.pass();
      target.add(range.start(), range.end());
    }
  }

  /** Makes pages zeros, which keep the translations to them or not. */
  void discard(PageRanges pages) {
    for (PageRanges.Range range : pages.within(0, imageEnd, checkpoint).toList(checkpoint)) {
      zero(range.start(), range.sizeBytes());
    }
    drop(pages.within(imageEnd, layout.dataEnd(), checkpoint));
  }

  /**
   * Gives pages beyond the image back to the host, so that they are zeros and nothing leads to
   * them; of many pieces only the large ones. Each time costs something for each VM of the process.
   *
   * @return those that were filled with zeros instead, which keep the translations to them
   */
  private PageRanges drop(PageRanges pages) {
    PageRanges zeroed = new PageRanges();
    boolean many = pages.count() > MAXIMUM_CALLS;
    for (PageRanges.Range range : pages.toList(checkpoint)) {
      if (many && range.sizeBytes() < LARGE) {
        zero(range.start(), range.sizeBytes());
        zeroed.add(range.start(), range.end());
      } else {
        drop(range);
      }
    }
    return zeroed;
  }

  private void drop(PageRanges.Range range) {
    for (long at = range.start(); at < range.end(); at += MAXIMUM_DROPPED) {
      long size = Math.min(MAXIMUM_DROPPED, range.end() - at);
      checkpoint.passBytes(size);
      regions.drop(at, size);
    }
  }

  /**
   * Makes the hypervisor forget how these pages were reached: their entries in the page tables have
   * changed, as a restore has been told.
   *
   * <p>Each time costs something for each VM of the process. So all pages between the first and the
   * last are taken where there are many pieces: more are looked up again, and none goes wrong.
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
    for (long done = 0; done < sizeBytes; done += Checkpoint.MOST_BYTES) {
      long size = Math.min(Checkpoint.MOST_BYTES, sizeBytes - done);
      checkpoint.passBytes(size);
      if (restorer != null) {
        restorer.wrote(address + done, size);
      }
      regions.slice(address + done, size).fill((byte) 0);
    }
  }

  /** Whether a page of an image made now would have anything but zeros. */
  boolean mayHaveContents(long page, PageBitmap touched) {
    boolean maybe =
        touched.contains(page) || (restorer != null && restorer.image().isPresent(page));
    return maybe && !free.contains(page * PAGE_SIZE) && !regions.isZero(page * PAGE_SIZE);
  }

  /** Goes back to what is handed out in the image, after contents and tables have gone back. */
  void restore(MemoryImage image) {
    nextFree = image.dataEnd();
    if (freeChanged) {
      free.set(image.freePages());
      freeChanged = false;
    }
    holders.restore(image.holders());
  }
}
