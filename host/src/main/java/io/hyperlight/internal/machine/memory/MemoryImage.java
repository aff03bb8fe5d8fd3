package io.hyperlight.internal.machine.memory;

import static io.hyperlight.internal.machine.memory.Pages.PAGE_SIZE;
import static io.hyperlight.internal.machine.memory.PhysicalLayout.DATA_START;
import static io.hyperlight.internal.machine.memory.PhysicalLayout.TABLES_BELOW;

import io.hyperlight.internal.os.HostDescriptors;
import io.hyperlight.internal.os.HostMemory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The contents of a machine's memory at one moment, in a sealed file in memory. Nothing can change
 * it any more. Any number of machines map it copy-on-write. Pages of zeros are holes.
 *
 * <p>Its users are counted: the file lives until each user that has {@linkplain #retain retained}
 * it has {@linkplain #release released} it. So does the host's own view of it. Many threads may use
 * it at the same time.
 */
public final class MemoryImage {
  /** The maximum number of extents. Each is a mapping in every machine. */
  private static final int MAX_EXTENTS = 32;

  private final int fd;
  private final PhysicalLayout layout;
  private final long dataEnd;
  private final int tableCount;
  private final MemorySegment contents;
  private final PageBitmap present;
  private final List<Extent> extents;
  private final List<PageRanges.Range> freePages;
  private final long[] holders;
  private int users = 1;

  /** Contiguous pages that are mapped from the file. Between extents there are zeros. */
  public record Extent(long start, long end) {}

  private MemoryImage(Writer writer) {
    fd = writer.fd;
    layout = writer.layout;
    dataEnd = writer.dataEnd;
    tableCount = writer.tableCount;
    present = writer.present;
    freePages = writer.freePages;
    holders = writer.holders;
    extents = extents(present, writer.sizeBytes / PAGE_SIZE);
    contents = HostMemory.mmap(writer.sizeBytes, HostMemory.PROT_READ, HostMemory.MAP_SHARED, fd);
    try {
      HostMemory.keepOutOfDumps(contents);
    } catch (Throwable t) {
      HostMemory.munmap(contents);
      throw t;
    }
  }

  /**
   * Returns the runs of present pages. It includes the smallest gaps between them until there are
   * few enough.
   */
  public static List<Extent> extents(PageBitmap present, long pages) {
    List<Extent> extents = List.of();
    for (long gap = 1; gap == 1 || extents.size() > MAX_EXTENTS; gap *= 2) {
      extents = new ArrayList<>();
      long start = -1;
      long end = -1;
      for (long page = 0; page < pages; page++) {
        if (present.contains(page)) {
          if (start >= 0 && page - end >= gap) {
            extents.add(new Extent(start * PAGE_SIZE, end * PAGE_SIZE));
            start = page;
          } else if (start < 0) {
            start = page;
          }
          end = page + 1;
        }
      }
      if (start >= 0) {
        extents.add(new Extent(start * PAGE_SIZE, end * PAGE_SIZE));
      }
    }
    return List.copyOf(extents);
  }

  /** Makes an image. It is for one thread. */
  public static final class Writer implements AutoCloseable {
    private final int fd;
    private final PhysicalLayout layout;
    private final long dataEnd;
    private final int tableCount;
    private final long sizeBytes;
    private final PageBitmap present;
    private final List<PageRanges.Range> freePages;
    private final long[] holders;
    private boolean finished;

    /**
     * Starts with an image of zeros.
     *
     * @param layout of machines that are spawned from it
     * @param dataEnd the end of the data that was allocated
     * @param tableCount the number of page tables
     * @param freePages pages of the data without a holder, which stay zeros
     * @param holders the result of {@link PageHolders#toArray}
     */
    Writer(
        PhysicalLayout layout,
        long dataEnd,
        int tableCount,
        List<PageRanges.Range> freePages,
        long[] holders) {
      this.layout = layout;
      this.dataEnd = dataEnd;
      this.tableCount = tableCount;
      sizeBytes = tableCount <= TABLES_BELOW ? dataEnd : layout.tableAddress(tableCount);
      this.freePages = freePages;
      this.holders = holders;
      present = new PageBitmap(sizeBytes / PAGE_SIZE);
      fd = HostDescriptors.memfdCreate("hyperlight-snapshot");
      try {
        HostDescriptors.ftruncate(fd, sizeBytes);
      } catch (Throwable t) {
        HostDescriptors.close(fd);
        throw t;
      }
    }

    /** Writes contiguous pages. */
    void write(long physicalAddress, MemorySegment pages) {
      HostDescriptors.pwrite(fd, pages, physicalAddress);
      for (long at = 0; at < pages.byteSize(); at += PAGE_SIZE) {
        present.add((physicalAddress + at) / PAGE_SIZE);
      }
    }

    /** Returns the image. The caller is its first user. */
    MemoryImage finish() {
      HostDescriptors.fcntl(
          fd,
          HostDescriptors.F_ADD_SEALS,
          HostDescriptors.F_SEAL_WRITE
              | HostDescriptors.F_SEAL_GROW
              | HostDescriptors.F_SEAL_SHRINK
              | HostDescriptors.F_SEAL_SEAL);
      MemoryImage image = new MemoryImage(this);
      finished = true;
      return image;
    }

    /** Drops an image that was not finished. */
    @Override
    public void close() {
      if (!finished) {
        finished = true;
        HostDescriptors.close(fd);
      }
    }
  }

  /** Returns the size of the memory of machines that are spawned from it, in bytes. */
  public long memorySizeBytes() {
    return layout.sizeBytes();
  }

  /** Returns the number of bytes of their memory that can be mapped from the file. */
  public long sizeBytes() {
    return contents.byteSize();
  }

  /** Returns the guest-physical address behind all data that was allocated. */
  public long dataEnd() {
    return dataEnd;
  }

  /** Returns how many page tables it has. They have the first numbers. */
  public int tableCount() {
    return tableCount;
  }

  /** Returns how many bytes of a machine's memory it takes, free pages among its data included. */
  public long usedBytes() {
    return dataEnd - DATA_START + (long) tableCount * PAGE_SIZE;
  }

  /** Returns the number of its first page, which is a table. */
  long firstPage() {
    return TABLES_BELOW + 1L - Math.min(tableCount, TABLES_BELOW);
  }

  /** Returns whether a page is data or a table of it, and was not allocated later. */
  public boolean covers(long page) {
    return page >= firstPage()
        && (page < dataEnd / PAGE_SIZE
            || (page < sizeBytes() / PAGE_SIZE && page >= layout.dataEnd() / PAGE_SIZE));
  }

  /** Returns the pages in it that have no holder. */
  public List<PageRanges.Range> freePages() {
    return freePages;
  }

  /** Returns the result of {@link PageHolders#toArray}. The caller must not change it. */
  long[] holders() {
    return holders;
  }

  /** Returns how many pages are not zeros. */
  public long presentPages() {
    return present.count();
  }

  /** Returns whether a page may have anything but zeros. Callers may ask for any page number. */
  public boolean isPresent(long page) {
    return present.contains(page);
  }

  /**
   * Returns the contents. Callers should not read a page that is not {@linkplain #isPresent
   * present}.
   */
  public MemorySegment contents() {
    return contents;
  }

  /**
   * Maps it over the start of an empty mapping, copy-on-write. Pages of zeros stay those of the
   * empty mapping: a guest that reads them must not make the file grow.
   */
  public void mapInto(MemorySegment memory) {
    for (Extent extent : extents) {
      HostMemory.mmap(
          memory.address() + extent.start,
          extent.end - extent.start,
          HostMemory.PROT_READ | HostMemory.PROT_WRITE,
          HostMemory.MAP_PRIVATE | HostMemory.MAP_FIXED | HostMemory.MAP_NORESERVE,
          fd,
          extent.start);
    }
  }

  /**
   * Counts another user.
   *
   * @throws IllegalStateException if it has no user left
   */
  public synchronized void retain() {
    if (users == 0) {
      throw new IllegalStateException("the memory image is freed");
    }
    users++;
  }

  /** Removes a user. The last one frees the image. */
  public synchronized void release() {
    if (--users == 0) {
      try {
        HostMemory.munmap(contents);
      } finally {
        HostDescriptors.close(fd);
      }
    }
  }
}
