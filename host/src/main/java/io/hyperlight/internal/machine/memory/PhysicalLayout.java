package io.hyperlight.internal.machine.memory;

import static io.hyperlight.internal.machine.memory.Pages.PAGE_SIZE;

/**
 * The layout of guest-physical memory. Page tables have addresses of their own, which never hold
 * data. Tables are numbered. The first numbers go downwards from the start of the data, so that an
 * image has tables and data side by side. The others go upwards from the end of the data. Page 0 is
 * never used, so a zeroed entry points at nothing real.
 *
 * @param dataEnd where the data ends if all of it is allocated
 */
public record PhysicalLayout(long dataEnd) {
  /**
   * The number of tables below the data. KVM needs some 10 bytes for each. Forgetting has to be
   * rare: it takes tens of microseconds, but tens of milliseconds on a busy machine.
   */
  static final int TABLES_BELOW = 2047;

  /** Where the data starts. */
  public static final long DATA_START = (TABLES_BELOW + 1L) * PAGE_SIZE;

  /** The end of the addresses. The APICs and KVM's own pages lie above, below 4 GiB. */
  static final long END = 0xfec0_0000L;

  /** Returns the layout of memory of a size. */
  static PhysicalLayout ofSize(long sizeBytes) {
    return new PhysicalLayout(DATA_START + sizeBytes);
  }

  /** Returns the size of data and page tables together, in bytes. */
  long sizeBytes() {
    return dataEnd - DATA_START;
  }

  /** Returns the guest-physical address of the table with a number. */
  public long tableAddress(int number) {
    return number < TABLES_BELOW
        ? DATA_START - (number + 1L) * PAGE_SIZE
        : dataEnd + (long) (number - TABLES_BELOW) * PAGE_SIZE;
  }

  /**
   * Returns the number of the table at an address, which is {@linkplain #isForTables one of a
   * table}.
   */
  int tableNumber(long address) {
    return address < DATA_START
        ? (int) ((DATA_START - address) / PAGE_SIZE) - 1
        : TABLES_BELOW + (int) ((address - dataEnd) / PAGE_SIZE);
  }

  /** Returns whether a table may be at an address. */
  boolean isForTables(long address) {
    return (address & PAGE_SIZE - 1) == 0
        && ((address >= PAGE_SIZE && address < DATA_START)
            || (address >= dataEnd && address < END));
  }
}
