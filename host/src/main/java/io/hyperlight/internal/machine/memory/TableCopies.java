package io.hyperlight.internal.machine.memory;

import static io.hyperlight.internal.machine.memory.PhysicalMemory.PAGE_SIZE;

import io.hyperlight.internal.os.Posix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The page tables of a machine as an image has them: numbered without gaps, and without those that
 * lead to nothing. The root is the first, as everywhere. They are not on the heap: a guest has as
 * many tables as its memory holds.
 */
public final class TableCopies {
  private static final int BELOW = TablePages.BELOW;

  private final PhysicalMemory memory;
  private final long dataEnd;

  /** All of both kinds, as many as there can be. */
  private final MemorySegment copies;

  /** Those below the data, the last number first. */
  private final MemorySegment below;

  private final MemorySegment behind;
  private int count;
  private boolean freed;

  /**
   * Copies all tables.
   *
   * @param dataEnd where the machines that get them have no more data
   */
  TableCopies(PhysicalMemory memory, long root, long dataEnd) {
    this.memory = memory;
    this.dataEnd = dataEnd;
    long most = memory.tableCount();
    copies = PhysicalMemory.reserve(most * PAGE_SIZE);
    try {
      Posix.keepOutOfDumps(copies);
      below = copies.asSlice(0, Math.min(most, BELOW) * PAGE_SIZE);
      behind = copies.asSlice(below.byteSize());
      copy(root, PageTables.LEVELS - 1);
    } catch (Throwable t) {
      free();
      throw t;
    }
  }

  /** Copies a table and those below it; returns the copy's address, or 0 if it has no entries. */
  private long copy(long table, int level) {
    int number = count++;
    MemorySegment page = page(number);
    boolean empty = true;
    for (int i = 0; i < PageTables.ENTRIES; i++) {
      long entry = memory.tableEntry(table, i);
      if (level > 0 && entry != 0) {
        long address = copy(entry & PageTables.ADDRESS, level - 1);
        entry = address == 0 ? 0 : (entry & ~PageTables.ADDRESS) | address;
      }
      page.setAtIndex(ValueLayout.JAVA_LONG, i, entry);
      empty &= entry == 0;
    }
    if (empty && number > 0) {
      count = number;
      return 0;
    }
    return TablePages.address(number, dataEnd);
  }

  private MemorySegment page(int number) {
    return number < BELOW
        ? below.asSlice(below.byteSize() - (number + 1L) * PAGE_SIZE, PAGE_SIZE)
        : behind.asSlice((long) (number - BELOW) * PAGE_SIZE, PAGE_SIZE);
  }

  int count() {
    return count;
  }

  void write(MemoryImage.Writer writer) {
    long bytesBelow = (long) Math.min(count, BELOW) * PAGE_SIZE;
    writer.write(TablePages.DATA_START - bytesBelow, below.asSlice(below.byteSize() - bytesBelow));
    if (count > BELOW) {
      writer.write(dataEnd, behind.asSlice(0, (long) (count - BELOW) * PAGE_SIZE));
    }
  }

  /** Gives the memory of the copies back. A second call does nothing. */
  void free() {
    if (!freed) {
      Posix.munmap(copies);
      freed = true;
    }
  }
}
