package io.hyperlight.internal.machine.memory;

import static io.hyperlight.internal.machine.memory.Pages.PAGE_SIZE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.testing.NotInHardwareLane;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pages that several mappings hold, of one address space or of several. */
@NotInHardwareLane("No VM takes part.")
class SharedPagesTest {
  private static final long MEMORY = 2 << 20;
  private static final long FIRST = (1L << 21) - 15 * PAGE_SIZE;
  private static final long SIZE = 8L * PAGE_SIZE;
  private static final long FAR = 1L << 32;

  private final PhysicalMemory memory = new PhysicalMemory(MEMORY);
  private final AddressSpaces spaces = new AddressSpaces(memory, Checkpoint.NONE);

  @AfterEach
  void unmap() {
    memory.close();
  }

  private AddressSpace first() {
    return spaces.first();
  }

  @ParameterizedTest
  @ValueSource(strings = {"012", "021", "102", "120", "201", "210"})
  void aPageIsFreeOnceTheLastMappingHasLetItGoInAnyOrder(String order) {
    for (boolean shared : new boolean[] {false, true}) {
      AddressSpace other = spaces.add();
      first().map(0x5000, PAGE_SIZE, Protection.READ); // so that later tables are there already
      other.map(0x5000, PAGE_SIZE, Protection.READ);
      first().map(FAR, PAGE_SIZE, Protection.READ);
      first().unmap(FAR, PAGE_SIZE);
      long free = memory.freeBytes();
      MappingSource source = shared ? MappingSource.shared("object", 0) : MappingSource.ANONYMOUS;
      first().map(FIRST, SIZE, Protection.READ_WRITE, source);
      first().share(first(), FIRST, SIZE, FIRST + SIZE, Protection.READ);
      other.share(first(), FIRST, SIZE, FIRST, Protection.READ_EXECUTE);
      for (int i = 0; i < order.length(); i++) {
        assertThat(memory.freeBytes()).isLessThan(free);
        switch (order.charAt(i)) {
          case '0' -> first().unmap(FIRST, SIZE);
          case '1' -> first().unmap(FIRST + SIZE, SIZE);
          default -> other.unmap(FIRST, SIZE);
        }
        other.unmap(FAR, SIZE); // nothing
      }
      int tables = memory.tables().count();
      spaces.remove(other);
      assertThat(memory.tables().count()).isLessThan(tables);
      assertThat(memory.data().holders().isEmpty()).isTrue();
      first().unmapAll();
      assertThat(memory.freeBytes()).isEqualTo(MEMORY - (long) memory.tables().count() * PAGE_SIZE);
    }
  }

  @Test
  void sharedPagesAreChargedOnceAndPrivateCopiesArePromised() {
    first().map(FAR, SIZE, Protection.READ_WRITE, MappingSource.shared("object", 0));
    long free = memory.freeBytes();
    first().share(first(), FAR, SIZE, FAR + SIZE, Protection.READ_WRITE);
    assertThat(memory.freeBytes()).isEqualTo(free);
    first().shareCopyOnWrite(first(), FAR, SIZE, FAR + 2 * SIZE, Protection.READ_WRITE);
    assertThat(memory.freeBytes()).isEqualTo(free - SIZE);
    first().write(FAR + 2 * SIZE, new byte[] {1}); // a page that was promised
    assertThat(memory.freeBytes()).isEqualTo(free - SIZE);
    assertThat(first().backedBytes(FAR + 2 * SIZE, SIZE)).isEqualTo(PAGE_SIZE);
    first().unmap(FAR + 2 * SIZE, SIZE);
    assertThat(memory.freeBytes()).isEqualTo(free);
  }

  @Test
  void aPromisedPageIsThereHoweverFullMemoryIs() {
    first().map(FIRST, SIZE, Protection.READ_WRITE);
    AddressSpace other = spaces.add();
    other.share(first(), FIRST, SIZE, FIRST, Protection.READ_WRITE);
    first().map(FAR, PAGE_SIZE, Protection.READ);
    while (memory.freeBytes() > 0) {
      memory.allocate(PAGE_SIZE);
    }
    assertThat(other.resolveWrite(FIRST)).isTrue();
    byte[] bytes = new byte[(int) SIZE];
    Arrays.fill(bytes, (byte) 7);
    other.write(FIRST, bytes);
    assertThat(first().read(FIRST, SIZE)).containsOnly(0);
    assertThat(other.read(FIRST, SIZE)).containsOnly(7);
    first().write(FIRST, bytes); // the last holder of a page needs no other page
    assertThat(memory.freeBytes()).isZero();
  }

  @Test
  void sharingThatMemoryCannotBackChangesNothing() {
    long size = (MEMORY / 2 & -PAGE_SIZE) + 8 * PAGE_SIZE;
    first().map(FIRST, size, Protection.READ_WRITE);
    AddressSpace other = spaces.add();
    long free = memory.freeBytes();
    assertThatExceptionOfType(GuestMemoryExhaustedException.class)
        .isThrownBy(() -> other.share(first(), FIRST, size, FIRST, Protection.READ));
    assertThat(memory.freeBytes()).isEqualTo(free);
    assertThat(memory.data().holders().isEmpty()).isTrue();
    assertThat(other.mappings()).isEmpty();
    assertThat(first().tables().isWritable(FIRST)).isTrue();
  }

  @Test
  void rangesThatAreNoneAreRefusedAndChangeNothing() {
    first().map(FIRST, SIZE, Protection.READ_WRITE);
    AddressSpace other = spaces.add();
    other.map(FAR, SIZE, Protection.READ);
    long free = memory.freeBytes();
    long[][] refused = { // start, size, target
      {FIRST, 0, FIRST},
      {FIRST, -PAGE_SIZE, FIRST},
      {FIRST, Long.MIN_VALUE, FIRST},
      {FIRST, 1, FIRST},
      {FIRST + 1, PAGE_SIZE, FIRST},
      {FIRST, PAGE_SIZE, FIRST + 1},
      {FIRST, SIZE + PAGE_SIZE, FIRST},
      {FIRST - PAGE_SIZE, SIZE, FIRST},
      {FIRST, Long.MAX_VALUE & -PAGE_SIZE, FIRST},
      {FIRST, SIZE, 0},
      {FIRST, SIZE, -PAGE_SIZE},
      {FIRST, SIZE, AddressSpace.USER_END - PAGE_SIZE},
      {FIRST, SIZE, PageTablesTest.MONITOR},
      {FIRST, SIZE, FAR + PAGE_SIZE},
      {FIRST, SIZE, FAR - SIZE + PAGE_SIZE},
      {Long.MAX_VALUE & -PAGE_SIZE, SIZE, FIRST},
      {-SIZE, SIZE, FIRST},
    };
    for (long[] range : refused) {
      assertThatIllegalArgumentException()
          .isThrownBy(
              () -> other.share(first(), range[0], range[1], range[2], Protection.READ_WRITE));
    }
    try (PhysicalMemory elsewhere = new PhysicalMemory(MEMORY)) {
      AddressSpace foreign = new AddressSpaces(elsewhere, Checkpoint.NONE).first();
      foreign.map(FIRST, SIZE, Protection.READ);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> other.share(foreign, FIRST, SIZE, FIRST, Protection.READ));
    }
    long[] nothing = {0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE, AddressSpace.USER_END, FAR, FIRST};
    for (long address : nothing) {
      assertThat(other.resolveWrite(address)).isFalse();
    }
    assertThat(memory.freeBytes()).isEqualTo(free);
    assertThat(memory.data().holders().isEmpty()).isTrue();
  }

  @Test
  void aMappingKnowsWhatItIsOfHoweverItIsCutAndMoved() {
    first().map(FIRST, SIZE, Protection.READ_WRITE, MappingSource.file("file", 0x7000));
    first().protect(FIRST + 2 * PAGE_SIZE, PAGE_SIZE, Protection.READ);
    first().unmap(FIRST + 4 * PAGE_SIZE, PAGE_SIZE);
    first().move(FIRST + 2 * PAGE_SIZE, 2 * PAGE_SIZE, FAR);
    AddressSpace other = spaces.add();
    other.share(first(), FIRST + 5 * PAGE_SIZE, PAGE_SIZE, FAR, Protection.NONE);
    assertThat(first().mappings().stream().map(SharedPagesTest::described))
        .containsExactly(
            "0 to 2 of file+0x7000",
            "5 to 8 of file+0xc000",
            "far 0 to 1 of file+0x9000",
            "far 1 to 2 of file+0xa000");
    assertThat(other.mappings().stream().map(SharedPagesTest::described))
        .containsExactly("far 0 to 1 of file+0xc000");
    first().protect(FAR, 2 * PAGE_SIZE, Protection.READ);
    assertThat(first().mappings()).hasSize(3); // neighbours that are equal in all are one
  }

  private static String described(Mapping mapping) {
    boolean far = mapping.start() >= FAR;
    long base = far ? FAR : FIRST;
    return "%s%d to %d of %s+0x%x"
        .formatted(
            far ? "far " : "",
            (mapping.start() - base) / PAGE_SIZE,
            (mapping.end() - base) / PAGE_SIZE,
            mapping.source().object(),
            mapping.source().offset());
  }

  @Test
  void neighboursOfDifferentSourcesStayApart() {
    first().map(FIRST, PAGE_SIZE, Protection.READ, MappingSource.file("file", 0));
    first().map(FIRST + PAGE_SIZE, PAGE_SIZE, Protection.READ, MappingSource.file("file", 0));
    first()
        .map(FIRST + 2 * PAGE_SIZE, PAGE_SIZE, Protection.READ, MappingSource.file("file", 4096));
    first().map(FIRST + 3 * PAGE_SIZE, PAGE_SIZE, Protection.READ);
    assertThat(first().mappings().stream().map(SharedPagesTest::described))
        .containsExactly("0 to 1 of file+0x0", "1 to 3 of file+0x0", "3 to 4 of null+0x0");
  }

  @Test
  void memoryThatSharesNothingHasNoAccountOfHolders() {
    first().map(FIRST, SIZE, Protection.READ_WRITE);
    first().protect(FIRST, PAGE_SIZE, Protection.READ);
    first().move(FIRST, SIZE, FAR);
    first().unmap(FAR, SIZE);
    assertThat(memory.data().holders().isEmpty()).isTrue();
    assertThat(memory.data().holders().toArray()).isSameAs(PageHolders.NONE);
  }

  @Test
  void aPageThatHoldsDataIsNoPageTable() {
    long page = memory.allocate(PAGE_SIZE);
    long table = first().tables().root().address();
    assertThat(memory.tables().at(table)).isEqualTo(first().tables().root());
    for (long address : new long[] {page, 0, table + 1, -PAGE_SIZE, Long.MAX_VALUE, 1L << 32}) {
      assertThatExceptionOfType(IndexOutOfBoundsException.class)
          .isThrownBy(() -> memory.tables().at(address));
    }
  }

  @Test
  void tablesOfAddressSpacesThatAreGoneAreUsedAgainAndEmpty() {
    first().map(FIRST, SIZE, Protection.READ);
    long free = memory.freeBytes();
    Set<PageTable> roots = new HashSet<>();
    for (int i = 0; i < 2_000; i++) {
      AddressSpace space = spaces.add();
      roots.add(space.tables().root());
      assertThat(PageWalk.pages(memory, space.tables().root())).isEmpty();
      space.map(FIRST + (long) (i % 300 << 9) * PAGE_SIZE, PAGE_SIZE, Protection.READ_WRITE);
      spaces.remove(space);
      assertThat(memory.freeBytes()).isEqualTo(free);
    }
    assertThat(roots).hasSizeLessThan(400);
    assertThat(PageWalk.tables(memory, first().tables().root()))
        .doesNotContainAnyElementsOf(roots.stream().map(PageTable::address).toList());
  }
}
