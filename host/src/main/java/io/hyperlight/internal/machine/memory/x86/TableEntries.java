package io.hyperlight.internal.machine.memory.x86;

/**
 * The entries of four-level page tables (Intel SDM vol. 3, "4-Level Paging"). An entry of 0 is
 * absent. The accessed and dirty bits of all others are set from the start, so that the processor
 * has no reason to write them.
 */
public final class TableEntries {
  /**
   * The number of levels. Tables of level 0 lead to pages, and those of the last level are roots.
   */
  public static final int LEVELS = 4;

  /** The number of entries of a table. */
  public static final int ENTRIES = 512;

  /** The first entry of a root that is for the upper half of the addresses. */
  public static final int UPPER_HALF = ENTRIES / 2;

  private static final long PRESENT = 1;
  private static final long WRITABLE = 1 << 1;
  private static final long USER = 1 << 2;
  private static final long ACCESSED = 1 << 5;
  private static final long DIRTY = 1 << 6;
  private static final long NO_EXECUTE = 1L << 63;
  private static final long ADDRESS = 0x000f_ffff_ffff_f000L;

  private TableEntries() {}

  /**
   * Returns an entry that leads to a page.
   *
   * @param user whether user code may reach it
   */
  public static long page(long address, boolean writable, boolean executable, boolean user) {
    return address
        | PRESENT
        | ACCESSED
        | DIRTY
        | (writable ? WRITABLE : 0)
        | (executable ? 0 : NO_EXECUTE)
        | (user ? USER : 0);
  }

  /**
   * Returns an entry that leads to a table. The rights to a page are the intersection over all
   * levels. Only the last level restricts them, except for supervisor pages: no level grants user
   * access to these.
   */
  public static long table(long address, boolean user) {
    return address | PRESENT | WRITABLE | ACCESSED | (user ? USER : 0);
  }

  /** Returns whether an entry leads anywhere. */
  public static boolean isPresent(long entry) {
    return (entry & PRESENT) != 0;
  }

  /** Returns whether an entry allows writing. */
  public static boolean isWritable(long entry) {
    return (entry & WRITABLE) != 0;
  }

  /** Returns the address to which an entry leads. */
  public static long address(long entry) {
    return entry & ADDRESS;
  }

  /** Returns the same entry with another address. */
  public static long withAddress(long entry, long address) {
    return (entry & ~ADDRESS) | address;
  }

  /** Returns the index of the entry that an address uses in a table of a level. */
  public static int index(long virtualAddress, int level) {
    return (int) (virtualAddress >>> shift(level)) & (ENTRIES - 1);
  }

  /** Returns the first address behind those that share a table of a level with this one. */
  public static long endOfTable(long virtualAddress, int level) {
    return (virtualAddress | ((1L << shift(level + 1)) - 1)) + 1;
  }

  /** Returns the maximum number of tables that mapping a range can take if only the root exists. */
  public static long maximumTables(long virtualAddress, long sizeBytes) {
    long count = 0;
    for (int level = 1; level < LEVELS; level++) {
      int shift = shift(level);
      count += ((virtualAddress + sizeBytes - 1) >>> shift) - (virtualAddress >>> shift) + 1;
    }
    return count;
  }

  /** Returns the lowest bit of an address that indexes the tables of a level. */
  private static int shift(int level) {
    return 12 + 9 * level;
  }
}
