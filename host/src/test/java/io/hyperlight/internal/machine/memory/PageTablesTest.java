package io.hyperlight.internal.machine.memory;

import static io.hyperlight.internal.machine.memory.PhysicalMemory.PAGE_SIZE;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.testing.NotInHardwareLane;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@NotInHardwareLane("No VM takes part.")
class PageTablesTest {
  /** The address of the monitor: the first one of the upper half. */
  static final long MONITOR = 0xffff_8000_0000_0000L;

  private static final long MEMORY = 16 << 20;

  private final PhysicalMemory memory = new PhysicalMemory(MEMORY);
  private final PageTables tables = new PageTables(memory);

  @AfterEach
  void unmap() {
    memory.close();
  }

  @Test
  void nothingIsMappedAtFirst() {
    assertThat(PageWalk.pages(memory, tables.root())).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(value = Protection.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void aUserPageHasExactlyTheRightsAskedFor(Protection protection) {
    long physical = memory.allocate(PAGE_SIZE);
    tables.map(0x1000, physical, PAGE_SIZE, protection, true);
    assertThat(PageWalk.pages(memory, tables.root()))
        .hasSize(1)
        .containsEntry(0x1000L, page(physical, protection, true));
  }

  @ParameterizedTest
  @EnumSource(value = Protection.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void aSupervisorPageHasNoUserBitOnAnyLevel(Protection protection) {
    long physical = memory.allocate(PAGE_SIZE);
    tables.map(MONITOR, physical, PAGE_SIZE, protection, false);
    assertThat(PageWalk.pages(memory, tables.root()))
        .hasSize(1)
        .containsEntry(MONITOR, page(physical, protection, false));
  }

  @Test
  void aRangeCrossesTablesOnEveryLevel() {
    for (long boundary : new long[] {1L << 21, 1L << 30, 1L << 39}) {
      long physical = memory.allocate(4 * PAGE_SIZE);
      long start = boundary - 2 * PAGE_SIZE;
      tables.map(start, physical, 4 * PAGE_SIZE, Protection.READ, true);
      NavigableMap<Long, PageWalk.Page> pages = PageWalk.pages(memory, tables.root());
      for (int i = 0; i < 4; i++) {
        long address = start + (long) i * PAGE_SIZE;
        assertThat(pages)
            .containsEntry(address, page(physical + (long) i * PAGE_SIZE, Protection.READ, true));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void randomMappingsAreAllThereAndNothingElse(long seed) {
    Random random = new Random(seed);
    TreeMap<Long, PageWalk.Page> model = new TreeMap<>();
    for (int i = 0; i < 60; i++) {
      boolean user = random.nextInt(4) != 0;
      int pageCount = 1 + random.nextInt(20);
      long start = randomPage(random, user);
      if (!model.subMap(start, true, start + (long) pageCount * PAGE_SIZE, true).isEmpty()) {
        continue;
      }
      Protection protection = List.of(Protection.values()).get(random.nextInt(3));
      long physical = memory.allocate((long) pageCount * PAGE_SIZE);
      tables.map(start, physical, (long) pageCount * PAGE_SIZE, protection, user);
      for (int page = 0; page < pageCount; page++) {
        long offset = (long) page * PAGE_SIZE;
        model.put(start + offset, page(physical + offset, protection, user));
      }
    }
    NavigableMap<Long, PageWalk.Page> pages = PageWalk.pages(memory, tables.root());
    assertThat(pages).isEqualTo(model);
    assertThat(pages.values()).noneMatch(page -> page.writable() && page.executable());
    assertNoTableIsMapped(pages);
  }

  /** Returns a page near boundaries of the tables' levels, where the arithmetic is. */
  private static long randomPage(Random random, boolean user) {
    int level = 12 + 9 * (1 + random.nextInt(3));
    long address = (1L + random.nextInt(40)) << level;
    address = (address & (1L << 46) - 1) + (random.nextInt(40) - 20L) * PAGE_SIZE;
    address = Math.max(address, PAGE_SIZE);
    return user ? address : MONITOR + address;
  }

  private void assertNoTableIsMapped(NavigableMap<Long, PageWalk.Page> pages) {
    Set<Long> mapped = new HashSet<>();
    pages.values().forEach(page -> mapped.add(page.physical()));
    assertThat(mapped)
        .hasSameSizeAs(pages.values())
        .doesNotContainAnyElementsOf(PageWalk.tables(memory, tables.root()));
  }

  /** Returns the page that is expected. */
  static PageWalk.Page page(long physical, Protection protection, boolean user) {
    return new PageWalk.Page(
        physical, protection.writable(), protection.executable(), user, user, true, true, 0);
  }
}
