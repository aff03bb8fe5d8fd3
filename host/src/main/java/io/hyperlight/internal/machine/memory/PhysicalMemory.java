package io.hyperlight.internal.machine.memory;

import io.hyperlight.internal.hypervisor.DirtyTracker;
import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Posix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A sandbox's guest-physical memory: one private mapping of the host, from guest-physical address
 * zero, empty or a copy-on-write view of a {@link MemoryImage}. The host pays for a page when it is
 * first touched. Pages come zeroed. Data starts at {@link TablePages#DATA_START}, and its pages are
 * handed out in ascending order; those that were given back are handed out again, first of all
 * those beyond the image, which a restore drops as a whole. Page tables have pages of their own
 * ({@link TablePages}), which count against the same size.
 *
 * <p>Whoever changes what a page is reached by says so here ({@link #noteTranslation}, {@link
 * #forgetTranslations}): a processor, or a KVM that shadows page tables, keeps using translations
 * that it has seen.
 *
 * <p>Every write of the host into guest memory goes through this class, which so knows of them all.
 */
public final class PhysicalMemory implements AutoCloseable {
  public static final int PAGE_SIZE = 4096;

  /** Pieces of memory for each of which the host is asked. */
  private static final int MOST_AT_ONCE = 16;

  /** Bytes; what is worth asking the host for, also among many pieces. */
  private static final long LARGE = 256L * PAGE_SIZE;

  /** How much the host is asked to take back in one go. */
  private static final long MOST_DROPPED = 16L << 20;

  private final MemorySegment memory;

  /** Where the data ends, when all of it is handed out. */
  private final long dataEnd;

  private final TablePages tables;
  private final @Nullable MemoryRestorer restorer;
  private long nextFree = TablePages.DATA_START;

  /** Pages below {@link #nextFree} that were given back. Zeros if they are beyond the image. */
  private final PageRanges free;

  /** Whether {@link #free} is not what the image has. */
  private boolean freeChanged;

  /** For what a guest makes the host do to its memory. */
  private Checkpoint checkpoint = Checkpoint.NONE;

  private boolean unmapped;
  private boolean closed;

  /** Empty memory, without a way back. */
  public PhysicalMemory(long sizeBytes) {
    dataEnd = TablePages.DATA_START + sizeBytes;
    free = new PageRanges();
    memory = reserve(dataEnd);
    try {
      Posix.keepOutOfDumps(memory);
      tables = new TablePages(memory, dataEnd, 0);
    } catch (Throwable t) {
      Posix.munmap(memory);
      throw t;
    }
    restorer = null;
  }

  /**
   * Memory with the contents of an image.
   *
   * @param image with a user counted for this memory, which is released when it is closed, or if
   *     this fails
   */
  public PhysicalMemory(MemoryImage image) {
    MemorySegment reserved = null;
    MemoryRestorer knowing;
    TablePages pages;
    PageRanges given;
    long end = TablePages.DATA_START + image.memorySizeBytes();
    try {
      reserved = reserve(end + TablePages.sizeBehindData(image.tableCount()));
      image.mapInto(reserved);
      Posix.keepOutOfDumps(reserved); // last: what is mapped over it is dumped again
      knowing = new MemoryRestorer(image, reserved);
      pages = new TablePages(reserved, end, image.tableCount());
      given = new PageRanges();
      given.set(image.freePages());
    } catch (Throwable t) {
      try {
        if (reserved != null) {
          Posix.munmap(reserved);
        }
      } finally {
        image.release();
      }
      throw t;
    }
    memory = reserved;
    dataEnd = end;
    restorer = knowing;
    tables = pages;
    free = given;
    nextFree = image.dataEnd();
  }

  public static MemorySegment reserve(long sizeBytes) {
    return Posix.mmap(
        sizeBytes,
        Posix.PROT_READ | Posix.PROT_WRITE,
        Posix.MAP_PRIVATE | Posix.MAP_ANONYMOUS | Posix.MAP_NORESERVE,
        -1);
  }

  public static long pageAlignUp(long bytes) {
    return (bytes + PAGE_SIZE - 1) & -PAGE_SIZE;
  }

  /** What a VM has in its first slot: tables and data, from guest-physical address 0 on. */
  public MemorySegment segment() {
    return memory;
  }

  /** How much there is for data and page tables. */
  public long sizeBytes() {
    return dataEnd - TablePages.DATA_START;
  }

  /** How much can be handed out, in pieces that may be small. */
  public long freeBytes() {
    return sizeBytes() - usedBytes() + free.bytes();
  }

  /** The end of the image, 0 without one: what lies beyond is dropped by a restore. */
  private long imageEnd() {
    return restorer == null ? 0 : restorer.image().dataEnd();
  }

  /**
   * Hands out contiguous zeroed pages.
   *
   * @param sizeBytes a multiple of the page size
   * @return the physical address of the first
   * @throws GuestMemoryExhaustedException if so much is not free in one piece
   */
  public long allocate(long sizeBytes) {
    requireFree(sizeBytes);
    freeChanged = true;
    long recycled = free.take(sizeBytes, imageEnd(), checkpoint);
    if (recycled >= 0) {
      return recycled;
    }
    if (sizeBytes <= dataEnd - nextFree) {
      long address = nextFree;
      nextFree += sizeBytes;
      return address;
    }
    long used = free.take(sizeBytes, 0, checkpoint);
    if (used < 0) {
      throw new GuestMemoryExhaustedException(sizeBytes, freeBytes(), sizeBytes());
    }
    zero(used, sizeBytes);
    return used;
  }

  private void requireFree(long wanted) {
    if (wanted > freeBytes()) {
      throw new GuestMemoryExhaustedException(wanted, freeBytes(), sizeBytes());
    }
  }

  /**
   * Hands out a page table without entries.
   *
   * @return its physical address
   * @throws GuestMemoryExhaustedException if nothing is free
   */
  public long allocateTable() {
    requireFree(PAGE_SIZE);
    return tables.allocate();
  }

  /** How many tables were handed out. */
  public int tableCount() {
    return tables.count();
  }

  public long tableEntry(long table, int index) {
    return tables.entry(table, index);
  }

  public void setTableEntry(long table, int index, long value) {
    if (tables.setEntry(table, index, value)) {
      wrote(table, PAGE_SIZE);
    }
  }

  /**
   * Hands out zeroed pages, in one piece if there is one and else in several.
   *
   * @param sizeBytes a multiple of the page size
   * @throws GuestMemoryExhaustedException if so much is not free; nothing is handed out then
   */
  public List<PageRanges.Range> allocatePieces(long sizeBytes) {
    requireFree(sizeBytes);
    try {
      long start = allocate(sizeBytes);
      return List.of(new PageRanges.Range(start, start + sizeBytes));
    } catch (GuestMemoryExhaustedException e) {
      return gather(sizeBytes);
    }
  }

  /** Of memory that is free, but not in one piece. */
  private List<PageRanges.Range> gather(long sizeBytes) {
    List<PageRanges.Range> pieces = new ArrayList<>();
    long missing = sizeBytes;
    if (nextFree < dataEnd) {
      pieces.add(new PageRanges.Range(nextFree, dataEnd));
      missing -= dataEnd - nextFree;
      nextFree = dataEnd;
    }
    while (missing > 0) {
      checkpoint.pass();
      PageRanges.Range piece = Objects.requireNonNull(free.takeLast(missing));
      zero(piece.start(), Math.max(0, Math.min(piece.end(), imageEnd()) - piece.start()));
      pieces.add(piece);
      missing -= piece.sizeBytes();
    }
    return pieces;
  }

  /**
   * Takes pages back, to which no page table points any more, as was {@linkplain #noteTranslation
   * said} before.
   */
  public void free(PageRanges pages) {
    freeChanged = true;
    PageRanges kept = pages.within(0, imageEnd(), checkpoint);
    PageRanges zeroed = drop(pages.within(imageEnd(), dataEnd, checkpoint));
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
  public void discard(PageRanges pages) {
    for (PageRanges.Range range : pages.within(0, imageEnd(), checkpoint).toList(checkpoint)) {
      zero(range.start(), range.sizeBytes());
    }
    drop(pages.within(imageEnd(), dataEnd, checkpoint));
  }

  /**
   * Gives pages beyond the image back to the host, so that they are zeros and nothing leads to
   * them; of many pieces only the large ones. Each time costs something for each VM of the process.
   *
   * @return those that were filled with zeros instead, which keep the translations to them
   */
  private PageRanges drop(PageRanges pages) {
    PageRanges zeroed = new PageRanges();
    boolean many = pages.count() > MOST_AT_ONCE;
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
    for (long at = range.start(); at < range.end(); at += MOST_DROPPED) {
      long size = Math.min(MOST_DROPPED, range.end() - at);
      checkpoint.passBytes(size);
      Posix.madvise(memory.asSlice(at, size), Posix.MADV_DONTNEED);
    }
  }

  /** Says that pages are reached in a new way, beside or instead of none. */
  public void noteTranslation(long physicalAddress, long sizeBytes) {
    if (restorer != null) {
      restorer.translated(physicalAddress, sizeBytes);
    }
  }

  /**
   * Makes processor and KVM forget how these pages were reached: their entries in the page tables
   * have changed, as a restore has been told. Contents stay. Taking away the host's own right to
   * write for a moment makes KVM drop its translations of the pages, shadowed or nested, and flush
   * those of the processor (Documentation/virt/kvm/mmu.rst and the MMU notifiers behind it).
   *
   * <p>Each time costs something for each VM of the process. So all pages between the first and the
   * last are taken where there are many pieces: more are looked up again, and none goes wrong.
   */
  public void forgetTranslations(PageRanges pages) {
    if (pages.count() > MOST_AT_ONCE) {
      forgetTranslations(memory, pages.first(), pages.end() - pages.first());
      return;
    }
    for (PageRanges.Range range : pages.toList()) {
      forgetTranslations(memory, range.start(), range.sizeBytes());
    }
  }

  public static void forgetTranslations(
      MemorySegment memory, long physicalAddress, long sizeBytes) {
    MemorySegment pages = memory.asSlice(physicalAddress, sizeBytes);
    Posix.mprotect(pages, Posix.PROT_READ);
    Posix.mprotect(pages, Posix.PROT_READ | Posix.PROT_WRITE);
  }

  private void zero(long physicalAddress, long sizeBytes) {
    for (long done = 0; done < sizeBytes; done += Checkpoint.MOST_BYTES) {
      long size = Math.min(Checkpoint.MOST_BYTES, sizeBytes - done);
      checkpoint.passBytes(size);
      wrote(physicalAddress + done, size);
      memory.asSlice(physicalAddress + done, size).fill((byte) 0);
    }
  }

  /** How much was handed out at most of the data, and is of the tables. */
  public long usedBytes() {
    return nextFree - TablePages.DATA_START + (long) tables.count() * PAGE_SIZE;
  }

  /**
   * Copies the contents into an image, of which the caller is the first user.
   *
   * @param root the page table from which all others are reached
   */
  public MemoryImage freeze(long root) {
    return freeze(root, sizeBytes());
  }

  /**
   * As {@link #freeze(long)}, for machines that have less memory.
   *
   * @param sizeBytes at least {@link #usedBytes}
   */
  public MemoryImage freeze(long root, long sizeBytes) {
    TableCopies copies = new TableCopies(this, root, TablePages.DATA_START + sizeBytes);
    try (MemoryImage.Writer writer =
        new MemoryImage.Writer(sizeBytes, nextFree, copies.count(), free.toList())) {
      copies.write(writer);
      copies.free(); // here, because nothing may fail behind the end
      writeData(writer);
      return writer.finish();
    } finally {
      copies.free();
    }
  }

  private void writeData(MemoryImage.Writer writer) {
    long first = TablePages.DATA_START / PAGE_SIZE;
    long end = nextFree / PAGE_SIZE;
    PageBitmap touched = new PageBitmap(end);
    TouchedPages.forEach(
        memory.asSlice(TablePages.DATA_START),
        end - first,
        (from, to) -> {
          for (long page = from; page < to; page++) {
            touched.add(first + page);
          }
        });
    long runStart = first;
    for (long page = first; page <= end; page++) {
      if (page == end || !hasContents(page, touched)) {
        if (page > runStart) {
          writer.write(
              runStart * PAGE_SIZE,
              memory.asSlice(runStart * PAGE_SIZE, (page - runStart) * PAGE_SIZE));
        }
        runStart = page + 1;
      }
    }
  }

  /** Puts 1 for each page that the host has memory for. */
  public void markResident(long physicalAddress, long pages, byte[] target, int from) {
    long first = physicalAddress / PAGE_SIZE;
    for (long page = 0; restorer != null && page < pages; page++) {
      target[from + (int) page] = (byte) (restorer.image().isPresent(first + page) ? 1 : 0);
    }
    TouchedPages.forEach(
        memory.asSlice(physicalAddress, pages * PAGE_SIZE),
        pages,
        (start, end) -> Arrays.fill(target, from + (int) start, from + (int) end, (byte) 1));
  }

  private boolean hasContents(long page, PageBitmap touched) {
    boolean maybe =
        touched.contains(page) || (restorer != null && restorer.image().isPresent(page));
    return maybe
        && !free.contains(page * PAGE_SIZE)
        && !MemoryRestorer.isZero(memory, page * PAGE_SIZE);
  }

  /** Says where what a guest makes the host do here can be ended. */
  public void useCheckpoint(Checkpoint ofVm) {
    checkpoint = ofVm;
  }

  public Checkpoint checkpoint() {
    return checkpoint;
  }

  /** Says who can add memory for page tables, once there is a VM. */
  public void useSlots(MemorySlots slots) {
    tables.useSlots(slots);
  }

  /** Says who knows what the guest writes, for memory that has an image. */
  public void trackBy(DirtyTracker tracker) {
    restorer().trackBy(tracker);
  }

  /** Collects what the guest has written, and lets the tracker start anew. */
  public void makeRoomForTracker() {
    restorer().makeRoom();
  }

  /** Goes back to the image: contents, and what is handed out. */
  public void restore() {
    restorer().restore(nextFree);
    tables.restore(); // last: what a dirty log has found is collected
    nextFree = restorer().image().dataEnd();
    if (freeChanged) {
      free.set(restorer().image().freePages());
      freeChanged = false;
    }
  }

  /** Of memory that has an image. */
  public MemoryRestorer restorer() {
    if (restorer == null) {
      throw new IllegalStateException("this memory has no image");
    }
    return restorer;
  }

  private void wrote(long physicalAddress, long length) {
    if (restorer != null) {
      restorer.wrote(physicalAddress, length);
    }
  }

  public long getLong(long physicalAddress) {
    return memory.get(ValueLayout.JAVA_LONG, physicalAddress);
  }

  public void putLong(long physicalAddress, long value) {
    wrote(physicalAddress, Long.BYTES);
    memory.set(ValueLayout.JAVA_LONG, physicalAddress, value);
  }

  public void put(long physicalAddress, byte[] source, int from, int length) {
    wrote(physicalAddress, length);
    MemorySegment.copy(source, from, memory, ValueLayout.JAVA_BYTE, physicalAddress, length);
  }

  public void get(long physicalAddress, byte[] target, int from, int length) {
    MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, physicalAddress, target, from, length);
  }

  @Override
  public void close() {
    // Piece by piece, for a second call to go on where an error has ended the first. What is
    // unmapped twice may be another mapping the second time.
    if (!unmapped) {
      Posix.munmap(memory);
      unmapped = true;
    }
    if (!closed) {
      tables.close();
      closed = true;
      if (restorer != null) {
        restorer.close();
      }
    }
  }
}
