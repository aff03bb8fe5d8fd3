package io.hyperlight.internal.machine.memory;

/**
 * The guest's four-level page tables (Intel SDM vol. 3, "4-Level Paging"), written by the host
 * alone and mapped nowhere in the guest.
 *
 * <p>Entries are written with their accessed and dirty bits set, so that the processor has no
 * reason to write them. Filling an entry that was not present needs no further care: a processor
 * caches no absent translation, and a KVM that shadows the tables walks them again at the fault.
 * Whoever changes an entry in use also has to have the old one forgotten: {@link
 * PhysicalMemory#forgetTranslations}. No table ever takes another one's place: {@link TablePages}.
 */
public final class PageTables {
  public static final long PRESENT = 1;
  private static final long WRITABLE = 1 << 1;
  private static final long USER = 1 << 2;
  private static final long ACCESSED = 1 << 5;
  private static final long DIRTY = 1 << 6;
  private static final long NO_EXECUTE = 1L << 63;
  public static final long ADDRESS = 0x000f_ffff_ffff_f000L;

  public static final int LEVELS = 4;
  public static final int ENTRIES = 512;

  private final PhysicalMemory memory;
  private final long root;

  /** Tables that map nothing. */
  public PageTables(PhysicalMemory memory) {
    this(memory, memory.allocateTable());
  }

  /** The tables that are in the memory already. */
  public PageTables(PhysicalMemory memory, long root) {
    this.memory = memory;
    this.root = root;
  }

  /** The physical address of the top table, for CR3. */
  public long root() {
    return root;
  }

  /** The most tables that mapping a range can take, where none of them is there yet. */
  public static long mostTables(long virtualAddress, long sizeBytes) {
    long count = 0;
    for (int level = 1; level < LEVELS; level++) {
      int shift = shift(level);
      count += ((virtualAddress + sizeBytes - 1) >>> shift) - (virtualAddress >>> shift) + 1;
    }
    return count;
  }

  /**
   * Maps pages, whatever was mapped there.
   *
   * @param protection that can be read at least
   * @param user false for pages only the monitor's stubs may touch
   * @throws GuestMemoryExhaustedException if there is no room for tables; the pages of this call
   *     are then partly mapped
   */
  public void map(
      long virtualAddress,
      long physicalAddress,
      long sizeBytes,
      Protection protection,
      boolean user) {
    long flags = PRESENT | ACCESSED | DIRTY | (user ? USER : 0);
    if (protection.writable()) {
      flags |= WRITABLE;
    }
    if (!protection.executable()) {
      flags |= NO_EXECUTE;
    }
    long table = 0;
    for (long done = 0; done < sizeBytes; done += PhysicalMemory.PAGE_SIZE) {
      long page = virtualAddress + done;
      int index = index(page, 0);
      if (done == 0 || index == 0) {
        memory.checkpoint().pass();
        table = lastTable(page, user);
      }
      memory.setTableEntry(table, index, (physicalAddress + done) | flags);
    }
  }

  /** Makes pages absent, some of which may be so already. */
  public void clear(long virtualAddress, long sizeBytes) {
    long end = virtualAddress + sizeBytes;
    for (long page = virtualAddress; page < end; ) {
      memory.checkpoint().pass();
      long nextTable = (page | ((1L << shift(1)) - 1)) + 1;
      long table = existingLastTable(page);
      for (; page < Math.min(end, nextTable); page += PhysicalMemory.PAGE_SIZE) {
        int index = index(page, 0);
        if (table != 0 && memory.tableEntry(table, index) != 0) {
          memory.setTableEntry(table, index, 0);
        }
      }
    }
  }

  /** The table that holds the page's own entry; 0 if there is none. */
  private long existingLastTable(long virtualAddress) {
    long table = root;
    for (int level = LEVELS - 1; level > 0; level--) {
      long entry = memory.tableEntry(table, index(virtualAddress, level));
      if ((entry & PRESENT) == 0) {
        return 0;
      }
      table = entry & ADDRESS;
    }
    return table;
  }

  /** The table that holds the page's own entry, made with those above it where missing. */
  private long lastTable(long virtualAddress, boolean user) {
    // Rights are the intersection over all levels; only the last level restricts, but for the
    // monitor's half, where
    // no level grants user access.
    long flags = PRESENT | WRITABLE | ACCESSED | (user ? USER : 0);
    long table = root;
    for (int level = LEVELS - 1; level > 0; level--) {
      int index = index(virtualAddress, level);
      long entry = memory.tableEntry(table, index);
      if ((entry & PRESENT) == 0) {
        entry = memory.allocateTable() | flags;
        memory.setTableEntry(table, index, entry);
      }
      table = entry & ADDRESS;
    }
    return table;
  }

  private static int index(long virtualAddress, int level) {
    return (int) (virtualAddress >>> shift(level)) & (ENTRIES - 1);
  }

  /** The lowest bit of an address that indexes a level's tables. */
  private static int shift(int level) {
    return 12 + 9 * level;
  }
}
