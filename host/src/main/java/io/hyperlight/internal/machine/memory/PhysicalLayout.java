package io.hyperlight.internal.machine.memory;

import static io.hyperlight.internal.machine.memory.Pages.PAGE_SIZE;

/**
 * What lies where in guest-physical memory. Page tables have addresses of their own, which never
 * hold data. Tables are numbered: the first numbers go downwards from the start of the data, so
 * that an image has tables and data side by side; the others upwards from the end of the data. Page
 * 0 is never used: no zeroed entry points at anything real.
 *
 * @param dataEnd where the data ends, when all of it is handed out
 */
public record PhysicalLayout(long dataEnd) {
  /**
   * How many tables lie below the data. KVM needs some 10 bytes for each; forgetting takes tens of
   * microseconds, but tens of milliseconds on a busy machine, and so is to be rare.
   */
  static final int TABLES_BELOW = 2047;

  /** Where the data starts. */
  public static final long DATA_START = (TABLES_BELOW + 1L) * PAGE_SIZE;

  /** The APICs and KVM's own pages lie above, below 4 GiB. */
  static final long END = 0xfec0_0000L;

  /** For so much memory. */
  static PhysicalLayout ofSize(long sizeBytes) {
    return new PhysicalLayout(DATA_START + sizeBytes);
  }

  /** How much there is for data and page tables. */
  long sizeBytes() {
    return dataEnd - DATA_START;
  }

  /** The guest-physical address of a table by its number. */
  public long tableAddress(int number) {
    return number < TABLES_BELOW
        ? DATA_START - (number + 1L) * PAGE_SIZE
        : dataEnd + (long) (number - TABLES_BELOW) * PAGE_SIZE;
  }

  /** The number of the table at an address, which is {@linkplain #isForTables one of a table}. */
  int tableNumber(long address) {
    return address < DATA_START
        ? (int) ((DATA_START - address) / PAGE_SIZE) - 1
        : TABLES_BELOW + (int) ((address - dataEnd) / PAGE_SIZE);
  }

  /** Whether a table may be at an address. */
  boolean isForTables(long address) {
    return (address & PAGE_SIZE - 1) == 0
        && ((address >= PAGE_SIZE && address < DATA_START)
            || (address >= dataEnd && address < END));
  }
}
