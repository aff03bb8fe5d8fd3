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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many address spaces that share pages, changed at random, against a simple model. */
@NotInHardwareLane("No VM takes part.")
class SharedPagesPropertyTest {
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

  /** Writes as a guest does: the processor reads the tables, and the host handles a fault. */
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

  /** Checks that accounts, tables, contents and the budget are those of the model. */
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
}
