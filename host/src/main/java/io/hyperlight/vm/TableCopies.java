package io.hyperlight.vm;

import static io.hyperlight.vm.PhysicalMemory.PAGE_SIZE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The page tables of a machine as an image has them: numbered without gaps, and without those that
 * lead to nothing. The root is the first, as everywhere.
 */
final class TableCopies {
  private static final int BELOW = TablePages.BELOW;

  private final PhysicalMemory memory;
  private final long dataEnd;

  /** Those below the data, the last number first; as many as there can be. */
  private final MemorySegment below;

  private final MemorySegment behind;
  private int count;

  private TableCopies(PhysicalMemory memory, long dataEnd) {
    this.memory = memory;
    this.dataEnd = dataEnd;
    int most = memory.tableCount();
    below = MemorySegment.ofArray(new long[Math.min(most, BELOW) * PageTables.ENTRIES]);
    behind = MemorySegment.ofArray(new long[Math.max(0, most - BELOW) * PageTables.ENTRIES]);
  }

  /**
   * Copies all tables.
   *
   * @param dataEnd where the machines that get them have no more data
   */
  static TableCopies of(PhysicalMemory memory, long root, long dataEnd) {
    TableCopies copies = new TableCopies(memory, dataEnd);
    copies.copy(root, PageTables.LEVELS - 1);
    return copies;
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
}
