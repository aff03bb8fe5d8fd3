package io.hyperlight.internal.machine.memory;

import static io.hyperlight.internal.machine.memory.Pages.PAGE_SIZE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.hyperlight.internal.hypervisor.DirtyTracker;
import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.testing.NotInHardwareLane;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pages that several mappings hold, of one address space or of several, against a simple model. */
@NotInHardwareLane("No VM takes part.")
class SharedPagesTest {
  private static final int OPERATIONS =
      Integer.getInteger("hyperlight.test.sharedPagesOperations", 2_000);

  private static final long MEMORY = 2 << 20;
  private static final long FIRST = (1L << 21) - 15 * PAGE_SIZE;
  private static final int PAGES = 30;
  private static final int MAXIMUM_SPACES = 4;
  private static final List<Protection> PROTECTIONS = List.of(Protection.values());

  /** Reports what the test writes as a guest does. */
  private static final class GuestWrites implements DirtyTracker {
    private final Set<Long> written = new HashSet<>();

    @Override
    public void collect(PageSet pages) {
      written.forEach(pages::add);
      written.clear();
    }

    @Override
    public boolean needsRearming() {
      return true;
    }

    @Override
    public void rearm() {}

    @Override
    public void close() {}
  }

  private final GuestWrites guestWrites = new GuestWrites();
  private PhysicalMemory memory = new PhysicalMemory(MEMORY);
  private AddressSpaces spaces = new AddressSpaces(memory, Checkpoint.NONE);
  private SpacesModel model = new SpacesModel();

  @AfterEach
  void unmap() {
    memory.close();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void eachAddressSpaceSeesWhatTheModelSaysAndARestoreBringsItBack(long seed) {
    Random random = new Random(seed);
    change(random, OPERATIONS);
    for (int generation = 0; generation < 2; generation++) {
      List<List<Mapping>> mappings = spaces.mappings();
      SpacesModel frozen = model.copy();
      spawn();
      long free = memory.freeBytes();
      for (int round = 0; round < 4; round++) {
        change(random, OPERATIONS / 10);
        memory.restore();
        spaces.restore(mappings);
        model = frozen.copy();
        assertThat(memory.freeBytes()).isEqualTo(free);
        assertSame();
      }
      change(random, OPERATIONS / 2);
    }
    long held = MEMORY - memory.freeBytes();
    for (AddressSpace space : List.copyOf(spaces.all())) {
      space.unmapAll();
    }
    assertThat(memory.freeBytes()).isEqualTo(MEMORY - (long) memory.tables().count() * PAGE_SIZE);
    assertThat(held).isPositive();
    assertThat(memory.data().holders().isEmpty()).isTrue();
  }

  private void spawn() {
    PhysicalMemory original = memory;
    List<List<Mapping>> mappings = spaces.mappings();
    memory = new PhysicalMemory(original.freeze(spaces.roots()));
    original.close();
    memory.trackBy(guestWrites);
    spaces = new AddressSpaces(memory, mappings, Checkpoint.NONE);
    assertSame();
  }

  private void change(Random random, int operations) {
    for (int i = 0; i < operations; i++) {
      int space = random.nextInt(model.spaces.size());
      long start = address(random);
      int pages = 1 + random.nextInt(6);
      Protection protection = PROTECTIONS.get(random.nextInt(PROTECTIONS.size()));
      try {
        change(random, random.nextInt(14), space, start, pages, protection);
      } catch (GuestMemoryExhaustedException e) {
        // Nothing has changed.
        assertSame();
      }
      if (i % 40 == 0) {
        assertSame();
      }
    }
    assertSame();
  }

  private static long address(Random random) {
    return FIRST + (long) random.nextInt(PAGES) * PAGE_SIZE;
  }

  private void change(
      Random random, int what, int index, long start, int pages, Protection protection) {
    AddressSpace space = spaces.all().get(index);
    long size = (long) pages * PAGE_SIZE;
    switch (what) {
      case 0, 1 -> {
        boolean shared = random.nextBoolean();
        if (model.isFree(index, start, pages)) {
          MappingSource source =
              shared ? MappingSource.shared(new Object(), 0) : MappingSource.ANONYMOUS;
          space.map(start, size, protection, source);
          model.map(index, start, pages, protection, shared);
        }
      }
      case 2 -> {
        space.unmap(start, size);
        model.unmap(index, start, pages);
      }
      case 3 -> {
        if (model.isTaken(index, start, pages)) {
          space.protect(start, size, protection);
          model.protect(index, start, pages, protection);
        }
      }
      case 4 -> {
        long target = address(random);
        if (model.isTaken(index, start, pages) && model.isFree(index, target, pages)) {
          space.move(start, size, target);
          model.move(index, start, pages, target);
        }
      }
      case 5 -> {
        space.discard(start, size);
        model.discard(index, start, pages);
      }
      case 6, 7, 8 -> share(random, index, start, pages, protection);
      case 9 -> addOrRemove(random);
      case 10, 11 -> guestWrites(random, index, start + random.nextInt(PAGE_SIZE));
      default -> {
        byte[] bytes = new byte[pages * PAGE_SIZE];
        random.nextBytes(bytes);
        if (model.isWritable(index, start, pages)) {
          space.write(start, bytes);
          model.write(index, start, bytes);
        } else {
          assertThatExceptionOfType(GuestAddressException.class)
              .isThrownBy(() -> space.write(start, bytes));
        }
      }
    }
  }

  private void share(Random random, int from, long start, int pages, Protection protection) {
    int to = random.nextInt(model.spaces.size());
    long target = random.nextBoolean() ? start : address(random);
    boolean copy = random.nextBoolean();
    AddressSpace source = spaces.all().get(from);
    AddressSpace space = spaces.all().get(to);
    long size = (long) pages * PAGE_SIZE;
    if (!model.isTaken(from, start, pages) || !model.isFree(to, target, pages)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> space.share(source, start, size, target, protection));
      return;
    }
    if (copy) {
      space.shareCopyOnWrite(source, start, size, target, protection);
    } else {
      space.share(source, start, size, target, protection);
    }
    model.share(from, start, pages, to, target, protection, copy);
  }

  private void addOrRemove(Random random) {
    if (random.nextBoolean() && model.spaces.size() < MAXIMUM_SPACES) {
      spaces.add();
      model.spaces.add(new TreeMap<>());
    } else if (model.spaces.size() > 1) {
      int index = 1 + random.nextInt(model.spaces.size() - 1);
      spaces.remove(spaces.all().get(index));
      model.spaces.remove(index);
    }
  }

  /** What a guest does: the processor looks at the tables, and the host is asked at a fault. */
  private void guestWrites(Random random, int index, long address) {
    AddressSpace space = spaces.all().get(index);
    long page = address & -PAGE_SIZE;
    boolean allowed = model.isWritable(index, page, 1);
    if (!space.tables().isWritable(page)) {
      assertThat(space.resolveWrite(address)).isEqualTo(allowed);
    }
    assertThat(space.tables().isWritable(page)).isEqualTo(allowed);
    assertThat(space.resolveWrite(address)).isFalse();
    if (allowed) {
      byte[] value = {(byte) random.nextInt()};
      long physical = PageWalk.page(memory, space.tables().root(), page).physical();
      memory.segment().set(ValueLayout.JAVA_BYTE, physical + (address - page), value[0]);
      guestWrites.written.add(physical / PAGE_SIZE);
      model.write(index, address, value);
    }
  }

  /** Accounts, tables, contents and the budget are the model's. */
  private void assertSame() {
    Map<Long, Integer> privately = new HashMap<>();
    Map<Long, Integer> shared = new HashMap<>();
    Map<Long, byte[]> sharedContents = new HashMap<>();
    for (int i = 0; i < model.spaces.size(); i++) {
      AddressSpace space = spaces.all().get(i);
      Map<Long, PageWalk.Page> pages = PageWalk.pages(memory, space.tables().root());
      for (Map.Entry<Long, SpacesModel.Page> entry : model.spaces.get(i).entrySet()) {
        long address = entry.getKey();
        SpacesModel.Page expected = entry.getValue();
        assertThat(space.protections(address, PAGE_SIZE)).containsExactly(expected.protection());
        PageWalk.Page page = pages.remove(address);
        assertThat(page == null).isEqualTo(expected.protection() == Protection.NONE);
        if (expected.contents().length == 0) {
          continue;
        }
        long physical = space.physicalOf(address);
        (expected.shared() ? shared : privately).merge(physical, 1, Integer::sum);
        if (expected.shared()) {
          sharedContents.putIfAbsent(physical, expected.contents());
          assertThat(sharedContents.get(physical)).isSameAs(expected.contents());
        }
        byte[] contents = new byte[PAGE_SIZE];
        space.copyOut(address, contents, PAGE_SIZE);
        assertThat(Arrays.mismatch(contents, expected.contents()))
            .as("address 0x%x of address space %d", address, i)
            .isEqualTo(-1);
      }
      assertThat(pages).isEmpty();
    }
    Set<Long> all = new HashSet<>(privately.keySet());
    all.addAll(shared.keySet());
    long promised = 0;
    for (long page : all) {
      int inPrivate = privately.getOrDefault(page, 0);
      int inShared = shared.getOrDefault(page, 0);
      promised += inShared > 0 ? inPrivate : inPrivate - 1;
      assertThat(memory.data().holders().holders(page / PAGE_SIZE)).isEqualTo(inPrivate + inShared);
    }
    long used = all.size() + promised + memory.tables().count();
    assertThat(memory.freeBytes()).isEqualTo(MEMORY - used * PAGE_SIZE);
    assertNoPrivateMappingCanWriteAPageOfOthers(privately, shared);
  }

  private void assertNoPrivateMappingCanWriteAPageOfOthers(
      Map<Long, Integer> privately, Map<Long, Integer> shared) {
    for (int i = 0; i < model.spaces.size(); i++) {
      AddressSpace space = spaces.all().get(i);
      PageWalk.pages(memory, space.tables().root())
          .forEach((address, page) -> {
            SpacesModel.Page expected =
                Objects.requireNonNull(model.spaces.get(index(space)).get(address));
            int holders =
                privately.getOrDefault(page.physical(), 0)
                    + shared.getOrDefault(page.physical(), 0);
            assertThat(page.executable()).isEqualTo(expected.protection().executable());
            if (!expected.protection().writable()) {
              assertThat(page.writable()).isFalse();
            } else if (expected.shared()) {
              assertThat(page.writable()).isTrue();
            } else if (holders > 1) {
              assertThat(page.writable()).isFalse();
            }
          });
    }
  }

  private int index(AddressSpace space) {
    return spaces.all().indexOf(space);
  }

  private static final long SIZE = 8L * PAGE_SIZE;
  private static final long FAR = 1L << 32;

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
    first().write(FIRST, bytes); // who is left alone with a page needs no other
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
