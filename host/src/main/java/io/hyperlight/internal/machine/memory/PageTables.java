package io.hyperlight.internal.machine.memory;

import static io.hyperlight.internal.machine.memory.Pages.PAGE_SIZE;

import io.hyperlight.internal.machine.memory.x86.TableEntries;
import org.jspecify.annotations.Nullable;

/**
 * The page tables of an address space. Only the host writes them, and the guest has them mapped
 * nowhere.
 *
 * <p>Filling an entry that was not present needs no further care: a processor caches no absent
 * translation, and a KVM that shadows the tables walks them again at the fault. Code that changes
 * an entry in use also has to make the hypervisor forget the old one: {@link
 * PhysicalMemory#forgetTranslations}. No table ever takes another one's place: {@link TablePages}.
 */
public final class PageTables {
  private final PhysicalMemory memory;
  private final TablePages tables;
  private final PageTable root;

  /** Makes tables that map nothing. */
  public PageTables(PhysicalMemory memory) {
    this(memory, memory.allocateTable());
  }

  /** Uses tables that are in the memory already. */
  public PageTables(PhysicalMemory memory, PageTable root) {
    this.memory = memory;
    this.root = root;
    tables = memory.tables();
  }

  /** Makes further tables that only map the upper half of these. That half is complete. */
  PageTables withSameUpperHalf() {
    PageTables further = new PageTables(memory);
    for (int i = TableEntries.UPPER_HALF; i < TableEntries.ENTRIES; i++) {
      long entry = tables.entry(root, i);
      if (entry != 0) {
        tables.setEntry(further.root, i, entry);
      }
    }
    return further;
  }

  /** Returns the top table, whose address is in CR3. */
  public PageTable root() {
    return root;
  }

  /**
   * Returns the maximum number of tables that mapping a range can take if none of them exists yet.
   */
  static long maximumTables(long virtualAddress, long sizeBytes) {
    return TableEntries.maximumTables(virtualAddress, sizeBytes);
  }

  /**
   * Maps pages, and replaces older entries.
   *
   * @param protection that can be read at least
   * @param user false for pages that only the monitor's stubs may touch
   * @throws GuestMemoryExhaustedException if there is no room for tables; the pages of this call
   *     are then partly mapped
   */
  public void map(
      long virtualAddress,
      long physicalAddress,
      long sizeBytes,
      Protection protection,
      boolean user) {
    map(
        virtualAddress,
        physicalAddress,
        sizeBytes,
        protection.writable(),
        protection.executable(),
        user);
  }

  /** Does the same with single rights. */
  void map(
      long virtualAddress,
      long physicalAddress,
      long sizeBytes,
      boolean writable,
      boolean executable,
      boolean user) {
    PageTable table = root;
    for (long done = 0; done < sizeBytes; done += PAGE_SIZE) {
      long page = virtualAddress + done;
      int index = TableEntries.index(page, 0);
      if (done == 0 || index == 0) {
        memory.checkpoint().pass();
        table = lastTable(page, user);
      }
      tables.setEntry(
          table, index, TableEntries.page(physicalAddress + done, writable, executable, user));
    }
  }

  /** Makes pages absent. Some of them may be so already. */
  void clear(long virtualAddress, long sizeBytes) {
    long end = virtualAddress + sizeBytes;
    for (long page = virtualAddress; page < end; ) {
      memory.checkpoint().pass();
      long nextTable = TableEntries.endOfTable(page, 0);
      PageTable table = existingLastTable(page);
      for (; page < Math.min(end, nextTable); page += PAGE_SIZE) {
        int index = TableEntries.index(page, 0);
        if (table != null && tables.entry(table, index) != 0) {
          tables.setEntry(table, index, 0);
        }
      }
    }
  }

  /** Retires all tables except those of the upper half. No vCPU uses them now or later. */
  void retire() {
    retire(root, TableEntries.LEVELS - 1, TableEntries.UPPER_HALF);
  }

  private void retire(PageTable table, int level, int entries) {
    for (int i = 0; level > 0 && i < entries; i++) {
      long entry = tables.entry(table, i);
      if (TableEntries.isPresent(entry)) {
        memory.checkpoint().pass();
        retire(tables.at(TableEntries.address(entry)), level - 1, TableEntries.ENTRIES);
      }
    }
    tables.retire(table);
  }

  /** Returns whether the processor may write a page. */
  boolean isWritable(long virtualAddress) {
    long entry = entry(virtualAddress);
    return TableEntries.isPresent(entry) && TableEntries.isWritable(entry);
  }

  /** Returns whether a page is mapped. */
  boolean isPresent(long virtualAddress) {
    return TableEntries.isPresent(entry(virtualAddress));
  }

  private long entry(long virtualAddress) {
    PageTable table = existingLastTable(virtualAddress);
    return table == null ? 0 : tables.entry(table, TableEntries.index(virtualAddress, 0));
  }

  /** Returns the table that holds the page's own entry, or null if there is none. */
  private @Nullable PageTable existingLastTable(long virtualAddress) {
    PageTable table = root;
    for (int level = TableEntries.LEVELS - 1; level > 0; level--) {
      long entry = tables.entry(table, TableEntries.index(virtualAddress, level));
      if (!TableEntries.isPresent(entry)) {
        return null;
      }
      table = tables.at(TableEntries.address(entry));
    }
    return table;
  }

  /**
   * Returns the table that holds the page's own entry. It makes the table and those above it if
   * they are missing.
   */
  private PageTable lastTable(long virtualAddress, boolean user) {
    PageTable table = root;
    for (int level = TableEntries.LEVELS - 1; level > 0; level--) {
      int index = TableEntries.index(virtualAddress, level);
      long entry = tables.entry(table, index);
      PageTable next;
      if (TableEntries.isPresent(entry)) {
        next = tables.at(TableEntries.address(entry));
      } else {
        next = memory.allocateTable();
        tables.setEntry(table, index, TableEntries.table(next.address(), user));
      }
      table = next;
    }
    return table;
  }
}
