package io.hyperlight.internal.machine.memory;

import static io.hyperlight.internal.machine.memory.PhysicalMemory.PAGE_SIZE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.hyperlight.internal.hypervisor.DirtyTracker;
import io.hyperlight.testing.NotInHardwareLane;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Unmapping, protecting, moving and restoring, against the simple model. */
@NotInHardwareLane("No VM takes part.")
@Tag("slow")
class AddressSpaceChangesTest {
  private static final int OPERATIONS =
      Integer.getInteger("hyperlight.test.addressSpaceChanges", 3_000);

  private static final long MEMORY = 2 << 20;

  /** Few pages around the end of a page table, so that ranges meet. */
  private static final long FIRST = (1L << 21) - 30 * PAGE_SIZE;

  private static final int PAGES = 60;

  private static final List<Protection> PROTECTIONS = List.of(Protection.values());

  /** There is no guest that writes. */
  private static final class NoTracker implements DirtyTracker {
    @Override
    public void collect(PageSet pages) {}

    @Override
    public boolean needsRearming() {
      return false;
    }

    @Override
    public void rearm() {}

    @Override
    public void close() {}
  }

  private PhysicalMemory memory = new PhysicalMemory(MEMORY);
  private PageTables tables = new PageTables(memory);
  private AddressSpace space = new AddressSpace(memory, tables, List.of());
  private AddressSpaceModel model = new AddressSpaceModel();

  @AfterEach
  void unmap() {
    memory.close();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void randomChangesGiveWhatASimpleModelGivesAndARestoreUndoesThem(long seed) {
    Random random = new Random(seed);
    change(random, OPERATIONS);
    for (int generation = 0; generation < 2; generation++) {
      AddressSpaceModel frozen = model.copy();
      List<Mapping> mappings = space.mappings();
      long before = space.freeBytes();
      spawn();
      long free = space.freeBytes(); // without the tables that led to nothing
      assertThat(free).isGreaterThanOrEqualTo(before);
      for (int round = 0; round < 3; round++) {
        change(random, OPERATIONS / 10);
        memory.restore();
        space.restore(mappings);
        model = frozen.copy();
        assertThat(space.freeBytes()).isEqualTo(free);
        assertSame();
      }
      change(random, OPERATIONS / 2);
    }
  }

  private void spawn() {
    PhysicalMemory original = memory;
    List<Mapping> mappings = space.mappings();
    memory = new PhysicalMemory(original.freeze(List.of(tables.root())));
    original.close();
    memory.trackBy(new NoTracker());
    tables = new PageTables(memory, memory.imageRoot(0));
    space = new AddressSpace(memory, tables, mappings);
    assertSame();
  }

  private void change(Random random, int operations) {
    for (int i = 0; i < operations; i++) {
      long start = FIRST + (long) random.nextInt(PAGES) * PAGE_SIZE;
      long size = (1L + random.nextInt(8)) * PAGE_SIZE;
      Protection protection = PROTECTIONS.get(random.nextInt(PROTECTIONS.size()));
      assertThat(space.isTaken(start, size)).isEqualTo(model.isTaken(start, size));
      assertThat(space.isFree(start, size)).isEqualTo(model.isFree(start, size));
      switch (random.nextInt(7)) {
        case 0, 1 -> map(start, size, protection);
        case 2 -> {
          space.unmap(start, size);
          model.unmap(start, size);
        }
        case 3 -> protect(start, size, protection);
        case 4 -> move(start, size, FIRST + (long) random.nextInt(PAGES) * PAGE_SIZE);
        case 5 -> {
          space.discard(start, size);
          model.discard(start, size);
        }
        default -> write(random, start, (int) size);
      }
      if (i % 50 == 0) {
        assertSame();
      }
    }
    assertSame();
  }

  private void map(long start, long size, Protection protection) {
    if (model.isFree(start, size)) {
      space.map(start, size, protection);
      model.map(start, size, protection);
    } else {
      assertThatIllegalArgumentException().isThrownBy(() -> space.map(start, size, protection));
    }
  }

  private void protect(long start, long size, Protection protection) {
    if (model.isTaken(start, size)) {
      space.protect(start, size, protection);
      model.protect(start, size, protection);
    } else {
      assertThatIllegalArgumentException().isThrownBy(() -> space.protect(start, size, protection));
    }
  }

  private void move(long start, long size, long target) {
    if (model.isTaken(start, size) && model.isFree(target, size)) {
      space.move(start, size, target);
      model.move(start, size, target);
    } else {
      assertThatIllegalArgumentException().isThrownBy(() -> space.move(start, size, target));
    }
  }

  private void write(Random random, long start, int size) {
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    if (model.isAccessible(start, size, true)) {
      space.write(start, bytes);
      model.write(start, bytes);
    } else {
      assertThatExceptionOfType(GuestAddressException.class)
          .isThrownBy(() -> space.write(start, bytes));
    }
  }

  /**
   * Checks that the account, the tables and the contents are those of the model, and that no page
   * is there twice.
   */
  private void assertSame() {
    Map<Long, PageWalk.Page> pages = PageWalk.pages(memory, tables.root());
    Set<Long> physical = new HashSet<>();
    model
        .protections()
        .forEach((address, protection) -> {
          assertThat(space.protections(address, PAGE_SIZE)).containsExactly(protection);
          PageWalk.Page page = pages.remove(address);
          if (protection == Protection.NONE) {
            assertThat(page).isNull();
          } else {
            long at = Objects.requireNonNull(page).physical();
            assertThat(page).isEqualTo(PageTablesTest.page(at, protection, true));
            assertThat(physical.add(at)).isTrue();
            assertThat(space.read(address, PAGE_SIZE)).isEqualTo(model.read(address, PAGE_SIZE));
          }
        });
    assertThat(pages).isEmpty();
    assertThat(physical).doesNotContainAnyElementsOf(PageWalk.tables(memory, tables.root()));
    List<Mapping> mappings = space.mappings();
    for (int i = 1; i < mappings.size(); i++) {
      assertThat(mappings.get(i - 1).isContinuedBy(mappings.get(i))).isFalse();
    }
  }

  @Test
  void memoryThatIsUnmappedCanBeMappedAgainForEver() {
    for (int i = 0; i < 10_000; i++) {
      space.map(FIRST, MEMORY / 2, Protection.READ_WRITE);
      space.write(FIRST, new byte[] {1});
      space.unmap(FIRST, MEMORY / 2);
    }
    space.map(FIRST, MEMORY / 2, Protection.READ_WRITE);
    assertThat(space.read(FIRST, 1)).containsExactly(0);
  }

  @Test
  void freeMemoryInPiecesIsEnoughForOneMapping() {
    long pages = (space.freeBytes() / PAGE_SIZE - 20) & -2;
    long far = 1L << 30;
    space.map(far, pages * PAGE_SIZE, Protection.READ_WRITE);
    for (long page = 0; page < pages; page += 2) {
      space.write(far + page * PAGE_SIZE, new byte[] {7});
      space.unmap(far + page * PAGE_SIZE, PAGE_SIZE);
    }
    space.map(FIRST, pages / 2 * PAGE_SIZE, Protection.READ_WRITE);
    byte[] zeros = new byte[(int) (pages / 2 * PAGE_SIZE)];
    assertThat(space.read(FIRST, zeros.length)).isEqualTo(zeros);
  }

  @Test
  void addressesWithoutRightsTakeNoMemory() {
    long free = space.freeBytes();
    space.map(1L << 32, 64L << 30, Protection.NONE);
    assertThat(space.freeBytes()).isEqualTo(free);
    space.protect((1L << 32) + (32L << 30), PAGE_SIZE, Protection.READ_WRITE);
    assertThat(space.freeBytes()).isBetween(free - 4 * PAGE_SIZE, free - PAGE_SIZE);
    assertThat(space.mappingCount()).isEqualTo(3);
  }

  @Test
  void whatIsProtectedFromEverythingKeepsItsContents() {
    space.map(FIRST, 2 * PAGE_SIZE, Protection.READ_WRITE);
    space.write(FIRST + PAGE_SIZE - 1, new byte[] {1, 2});
    space.protect(FIRST, 2 * PAGE_SIZE, Protection.NONE);
    assertThat(space.isAccessible(FIRST, 1, false)).isFalse();
    space.protect(FIRST, 2 * PAGE_SIZE, Protection.READ);
    assertThat(space.read(FIRST + PAGE_SIZE - 1, 2)).containsExactly(1, 2);
  }
}
