package io.hyperlight.vm;

import static io.hyperlight.vm.PhysicalMemory.PAGE_SIZE;

import io.hyperlight.os.Posix;
import java.lang.foreign.MemorySegment;

/**
 * The contents of a machine's memory at one moment, in a sealed file in memory: nobody can change
 * it any more, and any number of machines map it copy-on-write. Pages of zeros are holes.
 *
 * <p>Counted: the file lives until everyone who {@linkplain #retain retained} it has {@linkplain
 * #release released} it, and so does the host's own view of it. Safe for use by many threads.
 */
final class MemoryImage {
  private final int fd;
  private final MemorySegment contents;
  private final PageBitmap present;
  private int users = 1;

  private MemoryImage(int fd, long sizeBytes, PageBitmap present) {
    this.fd = fd;
    this.present = present;
    contents = Posix.mmap(sizeBytes, Posix.PROT_READ, Posix.MAP_SHARED, fd);
  }

  /** Puts an image together. For one thread. */
  static final class Writer implements AutoCloseable {
    private final int fd;
    private final long sizeBytes;
    private final PageBitmap present;
    private boolean finished;

    /**
     * An image of zeros.
     *
     * @param sizeBytes a multiple of the page size
     */
    Writer(long sizeBytes) {
      this.sizeBytes = sizeBytes;
      present = new PageBitmap(sizeBytes / PAGE_SIZE);
      fd = Posix.memfdCreate("hyperlight-snapshot");
      try {
        Posix.ftruncate(fd, sizeBytes);
      } catch (RuntimeException e) {
        Posix.close(fd);
        throw e;
      }
    }

    /** Writes contiguous pages. */
    void write(long physicalAddress, MemorySegment pages) {
      Posix.pwrite(fd, pages, physicalAddress);
      for (long at = 0; at < pages.byteSize(); at += PAGE_SIZE) {
        present.add((physicalAddress + at) / PAGE_SIZE);
      }
    }

    /** The image, of which the caller is the first user. */
    MemoryImage finish() {
      Posix.fcntl(
          fd,
          Posix.F_ADD_SEALS,
          Posix.F_SEAL_WRITE | Posix.F_SEAL_GROW | Posix.F_SEAL_SHRINK | Posix.F_SEAL_SEAL);
      MemoryImage image = new MemoryImage(fd, sizeBytes, present);
      finished = true;
      return image;
    }

    /** Drops what was not finished. */
    @Override
    public void close() {
      if (!finished) {
        finished = true;
        Posix.close(fd);
      }
    }
  }

  long sizeBytes() {
    return contents.byteSize();
  }

  /** How many pages are not zeros. */
  long presentPages() {
    return present.count();
  }

  /** Whether a page may have anything but zeros; any page number may be asked for. */
  boolean isPresent(long page) {
    return present.contains(page);
  }

  /** The contents. A page that is not {@linkplain #isPresent present} is better not read here. */
  MemorySegment contents() {
    return contents;
  }

  /** Maps it over the start of a mapping, copy-on-write. */
  void mapInto(MemorySegment memory) {
    Posix.mmap(
        memory.address(),
        sizeBytes(),
        Posix.PROT_READ | Posix.PROT_WRITE,
        Posix.MAP_PRIVATE | Posix.MAP_FIXED | Posix.MAP_NORESERVE,
        fd,
        0);
  }

  /**
   * Counts another user.
   *
   * @throws IllegalStateException if there is none left
   */
  synchronized void retain() {
    if (users == 0) {
      throw new IllegalStateException("the memory image is freed");
    }
    users++;
  }

  /** Counts a user less; the last one frees it. */
  synchronized void release() {
    if (--users == 0) {
      Posix.munmap(contents);
      Posix.close(fd);
    }
  }
}
