package io.hyperlight.internal.machine.memory;

import static io.hyperlight.internal.machine.memory.Pages.PAGE_SIZE;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Finds the pages of a mapping for which the kernel has allocated memory. It reads {@code
 * /proc/self/pagemap} (admin-guide/mm/pagemap of the kernel's documentation). The other pages were
 * never touched, so their contents need not be read.
 */
public final class TouchedPages {
  private static final Path PAGEMAP = Path.of("/proc/self/pagemap");
  private static final long PRESENT = 1L << 63;
  private static final long SWAPPED = 1L << 62;
  private static final int PAGES_AT_ONCE = 8192;

  private TouchedPages() {}

  /** Receives runs of pages, in ascending order. */
  @FunctionalInterface
  interface Runs {
    /** Receives the pages from {@code first} up to but not including {@code end}. */
    void run(long first, long end);
  }

  /**
   * Finds the touched pages. If {@code /proc} cannot be read, all pages count as touched. That is
   * slower, and makes the same image.
   *
   * @param memory page-aligned
   * @param pages how many from its start
   */
  static void forEach(MemorySegment memory, long pages, Runs runs) {
    try (FileChannel pagemap = FileChannel.open(PAGEMAP, StandardOpenOption.READ)) {
      ByteBuffer entries =
          ByteBuffer.allocate(PAGES_AT_ONCE * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      long runStart = -1;
      for (long page = 0; page < pages; ) {
        entries.clear().limit((int) Math.min(PAGES_AT_ONCE, pages - page) * Long.BYTES);
        long offset = (memory.address() / PAGE_SIZE + page) * Long.BYTES;
        while (entries.hasRemaining()) {
          if (pagemap.read(entries, offset + entries.position()) <= 0) {
            throw new IOException(PAGEMAP + " ends early");
          }
        }
        for (entries.flip(); entries.hasRemaining(); page++) {
          boolean touched = (entries.getLong() & (PRESENT | SWAPPED)) != 0;
          if (touched && runStart < 0) {
            runStart = page;
          } else if (!touched && runStart >= 0) {
            runs.run(runStart, page);
            runStart = -1;
          }
        }
      }
      if (runStart >= 0) {
        runs.run(runStart, pages);
      }
    } catch (IOException e) {
      runs.run(0, pages);
    }
  }
}
