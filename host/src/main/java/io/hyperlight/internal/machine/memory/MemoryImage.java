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
 * The contents of a machine's memory at one moment, in a sealed file in memory: nobody can change
 * it any more, and any number of machines map it copy-on-write. Pages of zeros are holes.
 *
 * <p>Counted: the file lives until everyone who {@linkplain #retain retained} it has {@linkplain
 * #release released} it, and so does the host's own view of it. Safe for use by many threads.
 */
public final class MemoryImage {
  /** Each is a mapping in every machine. */
  private static final int MOST_EXTENTS = 32;

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

  /** Contiguous pages that are mapped from the file; between them lie zeros. */
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
   * The runs of present pages. The smallest gaps between them are included until there are few
   * enough.
   */
  public static List<Extent> extents(PageBitmap present, long pages) {
    List<Extent> extents = List.of();
    for (long gap = 1; gap == 1 || extents.size() > MOST_EXTENTS; gap *= 2) {
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

  /** Puts an image together. For one thread. */
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
     * An image of zeros.
     *
     * @param layout of machines that come from it
     * @param dataEnd how far data was handed out
     * @param tableCount how many page tables there are
     * @param freePages pages of the data that nobody has, which stay zeros
     * @param holders what {@link PageHolders#toArray} gave
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

    /** The image, of which the caller is the first user. */
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

    /** Drops what was not finished. */
    @Override
    public void close() {
      if (!finished) {
        finished = true;
        HostDescriptors.close(fd);
      }
    }
  }

  /** The memory of machines that come from it. */
  public long memorySizeBytes() {
    return layout.sizeBytes();
  }

  /** Up to where their memory can be mapped from the file. */
  public long sizeBytes() {
    return contents.byteSize();
  }

  /** The guest-physical address behind all data that was handed out. */
  public long dataEnd() {
    return dataEnd;
  }

  /** How many page tables it has, which are the first numbers. */
  public int tableCount() {
    return tableCount;
  }

  /** How much of the memory of a machine it takes, free pages among its data included. */
  public long usedBytes() {
    return dataEnd - DATA_START + (long) tableCount * PAGE_SIZE;
  }

  /** The number of its first page, which is a table. */
  long firstPage() {
    return TABLES_BELOW + 1L - Math.min(tableCount, TABLES_BELOW);
  }

  /** Whether a page is data or a table of it, and not one that was handed out later. */
  public boolean covers(long page) {
    return page >= firstPage()
        && (page < dataEnd / PAGE_SIZE
            || (page < sizeBytes() / PAGE_SIZE && page >= layout.dataEnd() / PAGE_SIZE));
  }

  /** Pages in it that nobody has. */
  public List<PageRanges.Range> freePages() {
    return freePages;
  }

  /** What {@link PageHolders#toArray} gave. Not to be changed. */
  long[] holders() {
    return holders;
  }

  /** How many pages are not zeros. */
  public long presentPages() {
    return present.count();
  }

  /** Whether a page may have anything but zeros; any page number may be asked for. */
  public boolean isPresent(long page) {
    return present.contains(page);
  }

  /** The contents. A page that is not {@linkplain #isPresent present} is better not read here. */
  public MemorySegment contents() {
    return contents;
  }

  /**
   * Maps it over the start of an empty mapping, copy-on-write. Zeros are left to that mapping: a
   * guest that reads them must not make the file grow.
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
   * @throws IllegalStateException if there is none left
   */
  public synchronized void retain() {
    if (users == 0) {
      throw new IllegalStateException("the memory image is freed");
    }
    users++;
  }

  /** Counts a user less; the last one frees it. */
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
