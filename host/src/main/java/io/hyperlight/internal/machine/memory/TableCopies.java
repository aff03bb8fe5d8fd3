package io.hyperlight.internal.machine.memory;

import static io.hyperlight.internal.machine.memory.Pages.PAGE_SIZE;
import static io.hyperlight.internal.machine.memory.PhysicalLayout.TABLES_BELOW;

import io.hyperlight.internal.machine.memory.x86.TableEntries;
import io.hyperlight.internal.os.HostMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Copies of a VM's page tables for an image. They are numbered without gaps, and tables that lead
 * to nothing are left out. The roots are the first, in their order. The copies are not on the heap,
 * since a guest has as many tables as its memory holds.
 */
final class TableCopies {
  private final TablePages tables;
  private final PhysicalLayout layout;

  /** The memory of both kinds of copies, for the maximum number. */
  private final MemorySegment copies;

  /** The copies below the data, the last number first. */
  private final MemorySegment below;

  private final MemorySegment behind;
  private int count;
  private boolean freed;

  /**
   * Copies all tables.
   *
   * @param roots from which all tables are reached; they share the tables of the upper half
   * @param layout of the VMs that get them
   */
  TableCopies(TablePages tables, List<PageTable> roots, PhysicalLayout layout) {
    this.tables = tables;
    this.layout = layout;
    long most = tables.count();
    copies = MemoryRegions.reserve(most * PAGE_SIZE);
    try {
      HostMemory.keepOutOfDumps(copies);
      below = copies.asSlice(0, Math.min(most, TABLES_BELOW) * PAGE_SIZE);
      behind = copies.asSlice(below.byteSize());
      count = roots.size();
      for (int i = 0; i < roots.size(); i++) {
        copyEntries(roots.get(i), TableEntries.LEVELS - 1, i);
      }
    } catch (Throwable t) {
      free();
      throw t;
    }
  }

  /**
   * Copies a table and those below it.
   *
   * @return the copy's address, or 0 if it has no entries
   */
  private long copy(PageTable table, int level) {
    int number = count++;
    if (copyEntries(table, level, number)) {
      return layout.tableAddress(number);
    }
    count = number;
    return 0;
  }

  /**
   * Copies a table under a number.
   *
   * @return whether it has entries
   */
  private boolean copyEntries(PageTable table, int level, int number) {
    MemorySegment page = page(number);
    boolean used = false;
    for (int i = 0; i < TableEntries.ENTRIES; i++) {
      long entry = tables.entry(table, i);
      if (level == TableEntries.LEVELS - 1 && i >= TableEntries.UPPER_HALF && number > 0) {
        entry = page(0).getAtIndex(ValueLayout.JAVA_LONG, i);
      } else if (level > 0 && entry != 0) {
        long address = copy(tables.at(TableEntries.address(entry)), level - 1);
        entry = address == 0 ? 0 : TableEntries.withAddress(entry, address);
      }
      page.setAtIndex(ValueLayout.JAVA_LONG, i, entry);
      used |= entry != 0;
    }
    return used;
  }

  private MemorySegment page(int number) {
    return number < TABLES_BELOW
        ? below.asSlice(below.byteSize() - (number + 1L) * PAGE_SIZE, PAGE_SIZE)
        : behind.asSlice((long) (number - TABLES_BELOW) * PAGE_SIZE, PAGE_SIZE);
  }

  int count() {
    return count;
  }

  void write(MemoryImage.Writer writer) {
    long bytesBelow = (long) Math.min(count, TABLES_BELOW) * PAGE_SIZE;
    writer.write(
        PhysicalLayout.DATA_START - bytesBelow, below.asSlice(below.byteSize() - bytesBelow));
    if (count > TABLES_BELOW) {
      writer.write(layout.dataEnd(), behind.asSlice(0, (long) (count - TABLES_BELOW) * PAGE_SIZE));
    }
  }

  /** Frees the memory of the copies. A second call does nothing. */
  void free() {
    if (!freed) {
      HostMemory.munmap(copies);
      freed = true;
    }
  }
}
