package io.hyperlight.internal.machine.memory;

import static io.hyperlight.internal.machine.memory.Pages.PAGE_SIZE;
import static io.hyperlight.internal.machine.memory.PhysicalLayout.TABLES_BELOW;

import org.jspecify.annotations.Nullable;

/**
 * The pages of page tables. They lie in guest-physical memory of their own ({@link
 * PhysicalLayout}). No page becomes another table before the hypervisor has forgotten the old one.
 * A KVM that shadows page tables keeps using what it derived from a table. It does not see that the
 * host writes another table into the page.
 *
 * <p>So tables are numbered, and each number has its address. Tables of the image keep their
 * numbers for as long as the VM lives. Numbers of later tables only go up, over all restores, until
 * few are left. Then the restore makes the hypervisor forget all of them ({@link
 * MemoryRegions#forgetTables}), and they start from the image's end again. A run that needs more
 * tables gets further memory regions. Forgetting in the middle of a run costs all translations. So
 * it waits until many tables of removed address spaces can be used again ({@link #retire}).
 */
final class TablePages {
  /** The minimum number of tables that the first region has beyond those of the image. */
  private static final int SPARE = 256;

  /** The number of retired tables from which it is worth to make the hypervisor forget them. */
  private static final int MAXIMUM_RETIRED = 256;

  /** A restore that leaves fewer numbers makes the hypervisor forget. */
  private static final int MINIMUM_LEFT = 64;

  private final MemoryRegions regions;
  private final PhysicalLayout layout;
  private final @Nullable MemoryRestorer restorer;
  private final int ofImage;

  /** The number of tables that have memory in the first region. */
  private final int ofFirstRegion;

  /** The first number after the image's that the present run has, if it has any. */
  private int first;

  /** The number of the next table. */
  private int next;

  /**
   * The retired numbers, all below {@link #next}, that were tables in this run. It is null if there
   * are none.
   */
  private @Nullable RetiredTables retired;

  /** The number of tables that have memory. */
  private int capacity;

  /**
   * Makes the pages for tables.
   *
   * @param restorer of the image whose tables are there already; it is told of writes
   */
  TablePages(MemoryRegions regions, PhysicalLayout layout, @Nullable MemoryRestorer restorer) {
    this.regions = regions;
    this.layout = layout;
    this.restorer = restorer;
    ofImage = restorer == null ? 0 : restorer.image().tableCount();
    first = ofImage;
    next = ofImage;
    ofFirstRegion =
        TABLES_BELOW + (int) ((regions.first().byteSize() - layout.dataEnd()) / PAGE_SIZE);
    capacity = ofFirstRegion;
  }

  /** Returns how many bytes the tables of an image need behind the data. */
  static long sizeBehindData(int ofImage) {
    return (long) PAGE_SIZE * Math.max(0, ofImage + SPARE - TABLES_BELOW);
  }

  /** Returns how many tables there are now. */
  int count() {
    return ofImage + next - first - (retired == null ? 0 : retired.count());
  }

  /** Returns a table of the image by its number. */
  PageTable ofImage(int number) {
    if (number < 0 || number >= ofImage) {
      throw new IndexOutOfBoundsException("the image has no table " + number);
    }
    return new PageTable(layout.tableAddress(number));
  }

  /** Returns the table to which an entry leads. */
  PageTable at(long address) {
    if (!layout.isForTables(address)) {
      throw new IndexOutOfBoundsException("no table at 0x%x".formatted(address));
    }
    return new PageTable(address);
  }

  /** Returns a table without entries. */
  PageTable allocate() {
    int again = retired == null ? -1 : retired.take();
    if (again >= 0) {
      PageTable table = new PageTable(layout.tableAddress(again));
      regions.slice(table.address(), PAGE_SIZE).fill((byte) 0);
      return table;
    }
    if (next == capacity) {
      grow();
    }
    return new PageTable(layout.tableAddress(next++));
  }

  /**
   * Retires a table to which no entry leads any more. A table of the image keeps its number, since
   * a restore needs it again.
   */
  void retire(PageTable table) {
    int number = layout.tableNumber(table.address());
    if (number >= first) {
      if (retired == null) {
        retired = new RetiredTables();
      }
      retired.add(number);
    }
  }

  /** Returns whether enough tables are retired to make {@link #forgetRetired} worth its time. */
  boolean hasManyRetired() {
    return retired != null && retired.knownCount() >= Math.max(MAXIMUM_RETIRED, count());
  }

  /**
   * Makes the hypervisor forget all tables, so that retired ones can become others. No vCPU runs.
   * The pages that a dirty tracker has found were collected before.
   */
  void forgetRetired() {
    regions.forgetTranslationsOfTables();
    if (retired != null) {
      retired.forget();
    }
  }

  private void grow() {
    long address = layout.tableAddress(capacity);
    int pages =
        (int) Math.min(Math.max(SPARE, count()), (PhysicalLayout.END - address) / PAGE_SIZE);
    if (pages <= 0) {
      throw new GuestMemoryExhaustedException(PAGE_SIZE, 0, layout.sizeBytes());
    }
    regions.add(address, (long) pages * PAGE_SIZE);
    capacity += pages;
  }

  long entry(PageTable table, int index) {
    return regions.getLong(table.address() + (long) index * Long.BYTES);
  }

  void setEntry(PageTable table, int index, long value) {
    if (restorer != null) {
      restorer.wrote(table.address(), PAGE_SIZE);
    }
    regions.putLong(table.address() + (long) index * Long.BYTES, value);
  }

  /**
   * Restores the tables of the image, after its memory is restored. It costs nothing if there were
   * no others. Dropping their memory also makes processors forget their translations.
   */
  void restore() {
    if (next == first) {
      return;
    }
    drop(first, Math.min(next, ofFirstRegion));
    first = next;
    retired = null;
    if (regions.hasAdded() || capacity - next < MINIMUM_LEFT) {
      regions.forgetTables();
      capacity = ofFirstRegion;
      first = ofImage;
      next = ofImage;
    }
  }

  /** Drops tables of the first region. */
  private void drop(int from, int to) {
    if (from < Math.min(to, TABLES_BELOW)) {
      long start = layout.tableAddress(Math.min(to, TABLES_BELOW) - 1);
      regions.drop(start, layout.tableAddress(from) + PAGE_SIZE - start);
    }
    if (to > TABLES_BELOW) {
      long start = layout.tableAddress(Math.max(from, TABLES_BELOW));
      regions.drop(start, layout.tableAddress(to) - start);
    }
  }
}
