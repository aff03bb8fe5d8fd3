package io.hyperlight.internal.machine.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Reads all page tables from the root on, as the processor does (Intel SDM vol. 3, "4-Level Paging
 * and 5-Level Paging").
 */
public final class PageWalk {
  private static final long PRESENT = 1;
  private static final long WRITABLE = 1 << 1;
  private static final long USER = 1 << 2;
  private static final long ACCESSED = 1 << 5;
  private static final long DIRTY = 1 << 6;
  private static final long PAGE_SIZE_BIT = 1 << 7;
  private static final long NO_EXECUTE = 1L << 63;
  private static final long ADDRESS = 0x000f_ffff_ffff_f000L;

  /** Bits that the library does not use: PWT, PCD, PAT, global, ignored, reserved, keys. */
  private static final long OTHERS =
      ~(PRESENT | WRITABLE | USER | ACCESSED | DIRTY | NO_EXECUTE | ADDRESS);

  /**
   * A page that can be reached, with the rights that all levels together give.
   *
   * @param userOnAnyLevel whether any level has its user bit set
   * @param accessed on all levels
   * @param dirty of the page's own entry
   * @param otherBits of all levels
   */
  public record Page(
      long physical,
      boolean writable,
      boolean executable,
      boolean user,
      boolean userOnAnyLevel,
      boolean accessed,
      boolean dirty,
      long otherBits) {}

  private final PhysicalMemory memory;
  private final TreeMap<Long, Page> pages = new TreeMap<>();
  private final List<Long> tables = new ArrayList<>();

  private PageWalk(PhysicalMemory memory) {
    this.memory = memory;
  }

  /** Returns every mapped page by its virtual address. */
  public static NavigableMap<Long, Page> pages(PhysicalMemory memory, PageTable root) {
    PageWalk walk = new PageWalk(memory);
    walk.descend(root, 3, 0, new Page(0, true, true, true, false, true, false, 0));
    return walk.pages;
  }

  /** Returns the page at an address, which has to be mapped. */
  public static Page page(PhysicalMemory memory, PageTable root, long address) {
    Page page = pages(memory, root).get(address);
    if (page == null) {
      throw new AssertionError("nothing is mapped at 0x%x".formatted(address));
    }
    return page;
  }

  /** Returns the guest-physical addresses of all tables. */
  public static List<Long> tables(PhysicalMemory memory, PageTable root) {
    PageWalk walk = new PageWalk(memory);
    walk.descend(root, 3, 0, new Page(0, true, true, true, false, true, false, 0));
    return walk.tables;
  }

  private void descend(PageTable table, int level, long prefix, Page above) {
    tables.add(table.address());
    for (int i = 0; i < 512; i++) {
      long entry = memory.tables().entry(table, i);
      if ((entry & PRESENT) == 0) {
        if (entry != 0) {
          throw new AssertionError("an absent entry is not zero");
        }
        continue;
      }
      Page here =
          new Page(
              entry & ADDRESS,
              above.writable && (entry & WRITABLE) != 0,
              above.executable && (entry & NO_EXECUTE) == 0,
              above.user && (entry & USER) != 0,
              above.userOnAnyLevel || (entry & USER) != 0,
              above.accessed && (entry & ACCESSED) != 0,
              (entry & DIRTY) != 0,
              above.otherBits | (entry & OTHERS));
      long address = prefix | ((long) i << (12 + 9 * level));
      if (level == 0) {
        pages.put((address << 16) >> 16, here);
      } else if ((entry & PAGE_SIZE_BIT) != 0) {
        throw new AssertionError("a large page");
      } else {
        descend(memory.tables().at(here.physical), level - 1, address, here);
      }
    }
  }
}
