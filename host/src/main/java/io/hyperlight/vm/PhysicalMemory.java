package io.hyperlight.vm;

import io.hyperlight.kvm.DirtyTracker;
import io.hyperlight.os.Posix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * A sandbox's guest-physical memory: one private mapping of the host, from guest-physical address
 * zero, empty or a copy-on-write view of a {@link MemoryImage}. The host pays for a page when it is
 * first touched. Pages are handed out in ascending order and come zeroed.
 *
 * <p>Every write of the host into guest memory goes through this class, which so knows of them all.
 */
final class PhysicalMemory implements AutoCloseable {
  static final int PAGE_SIZE = 4096;

  private final MemorySegment memory;
  private final @Nullable MemoryRestorer restorer;
  private long nextFree = PAGE_SIZE; // page 0 stays empty: no zeroed entry points at anything real
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

  long freeBytes() {
    return memory.byteSize() - nextFree;
  }

  /**
   * Hands out contiguous zeroed pages.
   *
   * @param sizeBytes a multiple of the page size
   * @return the physical address of the first
   * @throws GuestMemoryExhaustedException if so much is not free
   */
  long allocate(long sizeBytes) {
    if (sizeBytes > freeBytes()) {
      throw new GuestMemoryExhaustedException(sizeBytes, freeBytes(), memory.byteSize());
    }
    long address = nextFree;
    nextFree += sizeBytes;
    return address;
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
    try (MemoryImage.Writer writer = new MemoryImage.Writer(nextFree)) {
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

  private boolean hasContents(long page, PageBitmap touched) {
    boolean maybe =
        touched.contains(page) || (restorer != null && restorer.image().isPresent(page));
    return maybe && !MemoryRestorer.isZero(memory, page * PAGE_SIZE);
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
