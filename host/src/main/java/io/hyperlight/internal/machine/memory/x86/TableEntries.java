package io.hyperlight.internal.machine.memory.x86;

/**
 * The entries of four-level page tables (Intel SDM vol. 3, "4-Level Paging"). An entry of 0 is
 * absent. All others are written with their accessed and dirty bits set, so that the processor has
 * no reason to write them.
 */
public final class TableEntries {
  /** How many levels there are. Tables of level 0 lead to pages, those of the last are roots. */
  public static final int LEVELS = 4;

  /** Entries of a table. */
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
   * Leads to a page.
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
   * Leads to a table. Rights are the intersection over all levels; only the last level restricts,
   * but for supervisor pages, where no level grants user access.
   */
  public static long table(long address, boolean user) {
    return address | PRESENT | WRITABLE | ACCESSED | (user ? USER : 0);
  }

  /** Whether an entry leads anywhere. */
  public static boolean isPresent(long entry) {
    return (entry & PRESENT) != 0;
  }

  /** Whether an entry allows writing. */
  public static boolean isWritable(long entry) {
    return (entry & WRITABLE) != 0;
  }

  /** Where an entry leads. */
  public static long address(long entry) {
    return entry & ADDRESS;
  }

  /** The same entry, leading elsewhere. */
  public static long withAddress(long entry, long address) {
    return (entry & ~ADDRESS) | address;
  }

  /** Which entry of a level's table an address uses. */
  public static int index(long virtualAddress, int level) {
    return (int) (virtualAddress >>> shift(level)) & (ENTRIES - 1);
  }

  /** The first address behind those that share a level's table with this one. */
  public static long endOfTable(long virtualAddress, int level) {
    return (virtualAddress | ((1L << shift(level + 1)) - 1)) + 1;
  }

  /** The most tables that mapping a range can take, where only the root is there yet. */
  public static long maximumTables(long virtualAddress, long sizeBytes) {
    long count = 0;
    for (int level = 1; level < LEVELS; level++) {
      int shift = shift(level);
      count += ((virtualAddress + sizeBytes - 1) >>> shift) - (virtualAddress >>> shift) + 1;
    }
    return count;
  }

  /** The lowest bit of an address that indexes a level's tables. */
  private static int shift(int level) {
    return 12 + 9 * level;
  }
}
