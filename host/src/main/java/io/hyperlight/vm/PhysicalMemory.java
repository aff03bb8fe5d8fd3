package io.hyperlight.vm;

import io.hyperlight.kvm.DirtyTracker;
import io.hyperlight.os.Posix;
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
 * first touched. Pages come zeroed. They are handed out in ascending order; those that were given
 * back are handed out again, first of all those beyond the image, which a restore drops as a whole.
 *
 * <p>Whoever changes what a page is reached by says so here ({@link #retranslate}): a processor, or
 * a KVM that shadows page tables, keeps using translations that it has seen.
 *
 * <p>Every write of the host into guest memory goes through this class, which so knows of them all.
 */
final class PhysicalMemory implements AutoCloseable {
  static final int PAGE_SIZE = 4096;

  private final MemorySegment memory;
  private final @Nullable MemoryRestorer restorer;
  private long nextFree = PAGE_SIZE; // page 0 stays empty: no zeroed entry points at anything real

  /** Pages below {@link #nextFree} that were given back. Zeros if they are beyond the image. */
  private final PageRanges free = new PageRanges();

  /** Whether {@link #free} is not what the image has. */
  private boolean freeChanged;

  private boolean closed;

  /** Empty memory, without a way back. */
  PhysicalMemory(long sizeBytes) {
    memory = reserve(sizeBytes);
    restorer = null;
  }

  /**
   * Memory with the contents of an image.
   *
   * @param sizeBytes at least the image's size
   * @param image with a user counted for this memory, which is released when it is closed, or if
   *     this fails
   */
  PhysicalMemory(long sizeBytes, MemoryImage image) {
    MemorySegment reserved = null;
    MemoryRestorer knowing;
    try {
      reserved = reserve(sizeBytes);
      image.mapInto(reserved);
      knowing = new MemoryRestorer(image, reserved);
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
    restorer = knowing;
    nextFree = image.sizeBytes();
    free.set(image.freePages());
  }

  private static MemorySegment reserve(long sizeBytes) {
    return Posix.mmap(
        sizeBytes,
        Posix.PROT_READ | Posix.PROT_WRITE,
        Posix.MAP_PRIVATE | Posix.MAP_ANONYMOUS | Posix.MAP_NORESERVE,
        -1);
  }

  static long pageAlignUp(long bytes) {
    return (bytes + PAGE_SIZE - 1) & -PAGE_SIZE;
  }

  MemorySegment segment() {
    return memory;
  }

  /** How much can be handed out, in pieces that may be small. */
  long freeBytes() {
    return memory.byteSize() - nextFree + free.bytes();
  }

  /** The end of the image, 0 without one: what lies beyond is dropped by a restore. */
  private long imageEnd() {
    return restorer == null ? 0 : restorer.image().sizeBytes();
  }

  /**
   * Hands out contiguous zeroed pages.
   *
   * @param sizeBytes a multiple of the page size
   * @return the physical address of the first
   * @throws GuestMemoryExhaustedException if so much is not free in one piece
   */
  long allocate(long sizeBytes) {
    freeChanged = true;
    long recycled = free.take(sizeBytes, imageEnd());
    if (recycled >= 0) {
      return recycled;
    }
    if (sizeBytes <= memory.byteSize() - nextFree) {
      long address = nextFree;
      nextFree += sizeBytes;
      return address;
    }
    long used = free.take(sizeBytes, 0);
    if (used < 0) {
      throw new GuestMemoryExhaustedException(sizeBytes, freeBytes(), memory.byteSize());
    }
    zero(used, sizeBytes);
    return used;
  }

  /**
   * Hands out zeroed pages, in one piece if there is one and else in several.
   *
   * @param sizeBytes a multiple of the page size
   * @throws GuestMemoryExhaustedException if so much is not free; nothing is handed out then
   */
  List<PageRanges.Range> allocatePieces(long sizeBytes) {
    if (sizeBytes > freeBytes()) {
      throw new GuestMemoryExhaustedException(sizeBytes, freeBytes(), memory.byteSize());
    }
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
    if (nextFree < memory.byteSize()) {
      pieces.add(new PageRanges.Range(nextFree, memory.byteSize()));
      missing -= memory.byteSize() - nextFree;
      nextFree = memory.byteSize();
    }
    while (missing > 0) {
      PageRanges.Range piece = Objects.requireNonNull(free.takeLast(missing));
      zero(piece.start(), Math.max(0, Math.min(piece.end(), imageEnd()) - piece.start()));
      pieces.add(piece);
      missing -= piece.sizeBytes();
    }
    return pieces;
  }

  /** Takes pages back, to which no page table points any more. */
  void free(long physicalAddress, long sizeBytes) {
    freeChanged = true;
    forget(physicalAddress, sizeBytes);
    free.add(physicalAddress, physicalAddress + sizeBytes);
  }

  /** Makes pages zeros, which keep the translations to them or not. */
  void discard(long physicalAddress, long sizeBytes) {
    long kept = Math.max(0, Math.min(imageEnd() - physicalAddress, sizeBytes));
    zero(physicalAddress, kept);
    drop(physicalAddress + kept, sizeBytes - kept);
  }

  /**
   * Makes the translations to pages forgotten. Beyond the image the contents are lost with them.
   */
  private void forget(long physicalAddress, long sizeBytes) {
    long kept = Math.max(0, Math.min(imageEnd() - physicalAddress, sizeBytes));
    retranslate(physicalAddress, kept);
    drop(physicalAddress + kept, sizeBytes - kept);
  }

  private void drop(long physicalAddress, long sizeBytes) {
    if (sizeBytes > 0) {
      Posix.madvise(memory.asSlice(physicalAddress, sizeBytes), Posix.MADV_DONTNEED);
    }
  }

  /**
   * Makes processor and KVM forget how these pages were reached, now and once more at a restore:
   * their entries in the page tables have changed. Contents stay. Taking away the host's own right
   * to write for a moment makes KVM drop its translations of the pages, shadowed or nested, and
   * flush those of the processor (Documentation/virt/kvm/mmu.rst and the MMU notifiers behind it).
   */
  void retranslate(long physicalAddress, long sizeBytes) {
    if (sizeBytes > 0) {
      noteTranslation(physicalAddress, sizeBytes);
      forgetTranslations(memory, physicalAddress, sizeBytes);
    }
  }

  /** Says that pages are reached in a new way, beside or instead of none. */
  void noteTranslation(long physicalAddress, long sizeBytes) {
    if (restorer != null) {
      restorer.translated(physicalAddress, sizeBytes);
    }
  }

  static void forgetTranslations(MemorySegment memory, long physicalAddress, long sizeBytes) {
    MemorySegment pages = memory.asSlice(physicalAddress, sizeBytes);
    Posix.mprotect(pages, Posix.PROT_READ);
    Posix.mprotect(pages, Posix.PROT_READ | Posix.PROT_WRITE);
  }

  private void zero(long physicalAddress, long sizeBytes) {
    if (sizeBytes > 0) {
      wrote(physicalAddress, sizeBytes);
      memory.asSlice(physicalAddress, sizeBytes).fill((byte) 0);
    }
  }

  /** Up to where pages are handed out. */
  long usedBytes() {
    return nextFree;
  }

  /** Copies the contents into an image, of which the caller is the first user. */
  MemoryImage freeze() {
    long pages = nextFree / PAGE_SIZE;
    PageBitmap touched = new PageBitmap(pages);
    TouchedPages.forEach(
        memory,
        pages,
        (first, end) -> {
          for (long page = first; page < end; page++) {
            touched.add(page);
          }
        });
    try (MemoryImage.Writer writer = new MemoryImage.Writer(nextFree, free.toList())) {
      long runStart = 0;
      for (long page = 0; page <= pages; page++) {
        if (page == pages || !hasContents(page, touched)) {
          if (page > runStart) {
            writer.write(
                runStart * PAGE_SIZE,
                memory.asSlice(runStart * PAGE_SIZE, (page - runStart) * PAGE_SIZE));
          }
          runStart = page + 1;
        }
      }
      return writer.finish();
    }
  }

  /** Puts 1 for each page that the host has memory for. */
  void markResident(long physicalAddress, long pages, byte[] target, int from) {
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

  /** Says who knows what the guest writes, for memory that has an image. */
  void trackBy(DirtyTracker tracker) {
    restorer().trackBy(tracker);
  }

  /** Collects what the guest has written, and lets the tracker start anew. */
  void makeRoomForTracker() {
    restorer().makeRoom();
  }

  /** Goes back to the image: contents, and what is handed out. */
  void restore() {
    restorer().restore(nextFree);
    nextFree = restorer().image().sizeBytes();
    if (freeChanged) {
      free.set(restorer().image().freePages());
      freeChanged = false;
    }
  }

  /** Of memory that has an image. */
  MemoryRestorer restorer() {
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

  long getLong(long physicalAddress) {
    return memory.get(ValueLayout.JAVA_LONG, physicalAddress);
  }

  void putLong(long physicalAddress, long value) {
    wrote(physicalAddress, Long.BYTES);
    memory.set(ValueLayout.JAVA_LONG, physicalAddress, value);
  }

  void put(long physicalAddress, byte[] source, int from, int length) {
    wrote(physicalAddress, length);
    MemorySegment.copy(source, from, memory, ValueLayout.JAVA_BYTE, physicalAddress, length);
  }

  void get(long physicalAddress, byte[] target, int from, int length) {
    MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, physicalAddress, target, from, length);
  }

  @Override
  public void close() {
    if (!closed) {
      Posix.munmap(memory);
      closed = true;
      if (restorer != null) {
        restorer.close();
      }
    }
  }
}
