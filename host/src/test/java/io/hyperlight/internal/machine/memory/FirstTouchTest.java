package io.hyperlight.internal.machine.memory;

import static io.hyperlight.internal.machine.memory.Pages.PAGE_SIZE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.testing.NotInHardwareLane;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Mappings get memory when they are touched, and contain what they would have contained before. */
@NotInHardwareLane("No VM takes part.")
class FirstTouchTest {
  private static final int OPERATIONS =
      Integer.getInteger("hyperlight.test.firstTouchOperations", 2_000);

  private static final long MEMORY = 32 << 20;
  private static final long START = (1L << 30) - 300 * PAGE_SIZE;
  private static final int PAGES = 600;
  private static final Object FILE = new Object();
  private static final List<Protection> PROTECTIONS = List.of(Protection.values());

  private record Page(Protection protection, ByteBuffer contents, long fileOffset) {
    Page with(Protection changed) {
      return new Page(changed, contents, fileOffset);
    }
  }

  private final PhysicalMemory memory = new PhysicalMemory(MEMORY);
  private final AddressSpaces spaces = new AddressSpaces(memory, Checkpoint.NONE);
  private final Map<AddressSpace, TreeMap<Long, Page>> models = new HashMap<>();

  FirstTouchTest() {
    begin(spaces.first());
  }

  private void begin(AddressSpace space) {
    models.put(space, new TreeMap<>());
    space.useFirstContents((start, end) -> {
      for (Mapping mapping : space.mappings()) {
        for (long at = Math.max(start, mapping.start());
            at < Math.min(end, mapping.end());
            at += PAGE_SIZE) {
          byte[] contents = fileContents(mapping.source().offset() + (at - mapping.start()));
          space.initialise(at, contents, 0, PAGE_SIZE);
        }
      }
      return true;
    });
  }

  private NavigableMap<Long, Page> model(AddressSpace space) {
    return Objects.requireNonNull(models.get(space));
  }

  private static byte[] fileContents(long offset) {
    byte[] contents = new byte[PAGE_SIZE];
    if (offset >= 0) {
      new Random(offset).nextBytes(contents);
    }
    return contents;
  }

  @AfterEach
  void unmap() {
    memory.close();
  }

  private AddressSpace first() {
    return spaces.first();
  }

  private long backedBytes() {
    return first().mappings().stream()
        .filter(Mapping::isBacked)
        .mapToLong(Mapping::sizeBytes)
        .sum();
  }

  private boolean guestTouches(long address) {
    return first().resolve(address, true, false);
  }

  @Test
  void aMappingMayBeLargerThanAllMemoryAndTakesNone() {
    long free = memory.freeBytes();
    first().mapUntouched(1L << 33, 1L << 40, Protection.READ_WRITE, MappingSource.ANONYMOUS);
    assertThat(memory.freeBytes()).isEqualTo(free);
    assertThat(first().mappingCount()).isEqualTo(1);
    assertThat(first().read((1L << 33) + 5, 100_000)).containsOnly(0);
    assertThat(memory.freeBytes()).isEqualTo(free);
  }

  @Test
  void touchesOneAfterAnotherGetTwiceAsMuchEachTime() {
    first().mapUntouched(1L << 33, 16 << 20, Protection.READ_WRITE, MappingSource.ANONYMOUS);
    int touches = 0;
    for (long at = 0; at < 16 << 20; at += PAGE_SIZE) {
      if (guestTouches((1L << 33) + at)) {
        touches++;
      }
    }
    assertThat(touches).isEqualTo(7 + 7); // 32 KiB, as much again up to 2 MiB, then 2 MiB each
    assertThat(first().mappingCount()).isEqualTo(1);
  }

  @Test
  void touchesDownwardsGetTwiceAsMuchEachTimeToo() {
    long end = (1L << 33) + (8 << 20);
    first().mapUntouched(1L << 33, 8 << 20, Protection.READ_WRITE, MappingSource.ANONYMOUS);
    int touches = 0;
    for (long at = end - PAGE_SIZE; at >= 1L << 33; at -= PAGE_SIZE) {
      touches += guestTouches(at) ? 1 : 0;
    }
    assertThat(touches).isLessThan(30);
  }

  @Test
  void touchesHereAndThereTakeLittle() {
    first().mapUntouched(1L << 33, 1L << 36, Protection.READ_WRITE, MappingSource.ANONYMOUS);
    for (long i = 0; i < 100; i++) {
      assertThat(guestTouches((1L << 33) + i * (1L << 29) + 12_345)).isTrue();
    }
    assertThat(backedBytes()).isEqualTo(100 * FirstTouch.LEAST);
  }

  @Test
  void noTouchGetsMemoryBeyondItsMapping() {
    first().mapUntouched(START, PAGE_SIZE, Protection.READ_WRITE, MappingSource.ANONYMOUS);
    first().mapUntouched(START + PAGE_SIZE, PAGE_SIZE, Protection.READ, MappingSource.ANONYMOUS);
    assertThat(guestTouches(START)).isTrue();
    assertThat(backedBytes()).isEqualTo(PAGE_SIZE);
    assertThat(guestTouches(START + PAGE_SIZE)).isFalse();
    assertThat(first().resolve(START + PAGE_SIZE, false, true)).isFalse();
    assertThat(first().resolve(START + PAGE_SIZE, false, false)).isTrue();
    for (long wild :
        new long[] {0, -1, Long.MIN_VALUE, AddressSpace.USER_END, 1L << 47, 1L << 63}) {
      assertThat(first().resolve(wild, true, false)).isFalse();
    }
  }

  @Test
  void allOfTheMemoryCanBeTouchedPageByPageAndThenATouchIsRefused() {
    first().mapUntouched(1L << 33, 1L << 36, Protection.READ_WRITE, MappingSource.ANONYMOUS);
    long at = 1L << 33;
    while (memory.freeBytes() >= 5 * PAGE_SIZE) {
      guestTouches(at);
      at += PAGE_SIZE;
    }
    long beyond = at;
    assertThatExceptionOfType(GuestMemoryExhaustedException.class)
        .isThrownBy(() -> {
          for (long next = beyond; ; next += PAGE_SIZE) {
            guestTouches(next);
          }
        });
    assertThat(memory.freeBytes()).isLessThan(8 * PAGE_SIZE);
    assertThat(first().prepareWrite(beyond, 1 << 20)).isFalse();
    assertThatExceptionOfType(GuestAddressException.class)
        .isThrownBy(() -> first().write(beyond + (4 << 20), new byte[] {1}));
    assertThat(first().read(beyond + (4 << 20), 10)).containsOnly(0);
    first().forget(1L << 33, 1L << 36);
    assertThat(memory.freeBytes()).isGreaterThan(MEMORY - (1 << 20));
    assertThat(guestTouches(beyond)).isTrue();
  }

  @Test
  void contentsThatCannotBeReadLeaveThePageUntouched() {
    first().useFirstContents((_, _) -> false);
    first().mapUntouched(START, 64 * PAGE_SIZE, Protection.READ, MappingSource.file(FILE, 0));
    long free = memory.freeBytes();
    assertThat(first().resolve(START, false, false)).isFalse();
    assertThat(memory.freeBytes()).isEqualTo(free);
    assertThatExceptionOfType(GuestAddressException.class).isThrownBy(() -> first().read(START, 1));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void randomChangesGiveWhatASimpleModelGives(long seed) {
    Random random = new Random(seed);
    begin(spaces.add());
    for (int i = 0; i < OPERATIONS; i++) {
      AddressSpace space = spaces.all().get(random.nextInt(2));
      try {
        change(random, space);
      } catch (GuestMemoryExhaustedException e) {
        throw new AssertionError(e);
      }
      if (i % 25 == 0) {
        assertSame();
      }
    }
    assertSame();
  }

  private void change(Random random, AddressSpace space) {
    NavigableMap<Long, Page> model = model(space);
    long start = START + (long) random.nextInt(PAGES) * PAGE_SIZE;
    int pages = 1 + random.nextInt(random.nextBoolean() ? 8 : 200);
    pages = Math.min(pages, PAGES - (int) ((start - START) / PAGE_SIZE));
    long size = (long) pages * PAGE_SIZE;
    Map<Long, Page> range = model.subMap(start, start + size);
    boolean free = range.isEmpty();
    boolean taken = range.size() == pages;
    Protection protection = PROTECTIONS.get(random.nextInt(PROTECTIONS.size()));
    assertThat(space.findFreeBelow(size, START, START + PAGES * PAGE_SIZE))
        .isEqualTo(highestGap(model, pages));
    switch (random.nextInt(12)) {
      case 0, 1, 2 -> {
        if (free) {
          boolean file = random.nextBoolean();
          long offset = random.nextInt(1000) * (long) PAGE_SIZE;
          MappingSource source = file ? MappingSource.file(FILE, offset) : MappingSource.ANONYMOUS;
          space.mapUntouched(start, size, protection, source);
          for (long at = 0; at < size; at += PAGE_SIZE) {
            long from = file ? offset + at : -1;
            model.put(start + at, new Page(protection, ByteBuffer.wrap(fileContents(from)), from));
          }
        }
      }
      case 3 -> {
        space.unmap(start, size);
        range.clear();
      }
      case 4 -> {
        if (taken) {
          space.protectUntouched(start, size, protection);
          range.replaceAll((_, page) -> page.with(protection));
        }
      }
      case 5 -> {
        space.forget(start, size);
        range.replaceAll((_, page) ->
            new Page(
                page.protection(),
                ByteBuffer.wrap(fileContents(page.fileOffset())),
                page.fileOffset()));
      }
      case 6 -> {
        long target = START + (long) random.nextInt(PAGES) * PAGE_SIZE;
        if (taken && model.subMap(target, target + size).isEmpty()) {
          space.move(start, size, target);
          TreeMap<Long, Page> moved = new TreeMap<>();
          range.forEach((at, page) -> moved.put(target + (at - start), page));
          range.clear();
          model.putAll(moved);
        }
      }
      case 7 -> share(space, start, size, protection);
      case 8, 9 -> {
        long address = start + random.nextInt(PAGE_SIZE);
        boolean write = random.nextBoolean();
        Page page = model.get(start);
        boolean may =
            page != null && (write ? page.protection().writable() : page.protection().readable());
        boolean resolved = space.resolve(address, write, false);
        assertThat(!resolved || may).isTrue();
        assertThat(!may || space.tables().isPresent(start)).isTrue();
        assertThat(!may || !write || space.tables().isWritable(start)).isTrue();
      }
      default -> {
        byte[] bytes = new byte[(int) size];
        random.nextBytes(bytes);
        if (taken && range.values().stream().allMatch(page -> page.protection().writable())) {
          space.write(start, bytes);
          for (long at = 0; at < size; at += PAGE_SIZE) {
            ByteBuffer contents =
                ByteBuffer.wrap(Arrays.copyOfRange(bytes, (int) at, (int) at + PAGE_SIZE));
            model.computeIfPresent(
                start + at, (_, page) -> new Page(page.protection(), contents, page.fileOffset()));
          }
        } else {
          assertThatExceptionOfType(GuestAddressException.class)
              .isThrownBy(() -> space.write(start, bytes));
        }
      }
    }
  }

  private static long highestGap(NavigableMap<Long, Page> model, int pages) {
    int free = 0;
    for (int page = PAGES - 1; page >= 0; page--) {
      free = model.containsKey(START + (long) page * PAGE_SIZE) ? 0 : free + 1;
      if (free == pages) {
        return START + (long) page * PAGE_SIZE;
      }
    }
    return -1;
  }

  private void share(AddressSpace from, long start, long size, Protection protection) {
    AddressSpace to = spaces.all().get(from.equals(first()) ? 1 : 0);
    Map<Long, Page> range = model(from).subMap(start, start + size);
    Map<Long, Page> target = model(to).subMap(start, start + size);
    if (range.size() == size / PAGE_SIZE && target.isEmpty()) {
      boolean reserved =
          range.values().stream().anyMatch(page -> page.protection() == Protection.NONE);
      if (!reserved) {
        to.shareCopyOnWrite(from, start, size, start, protection);
        range.forEach((at, page) -> target.put(at, page.with(protection)));
      }
    }
  }

  private void assertSame() {
    Set<Long> held = new HashSet<>();
    long holders = 0;
    for (AddressSpace space : spaces.all()) {
      Map<Long, PageWalk.Page> entries = PageWalk.pages(memory, space.tables().root());
      NavigableMap<Long, Page> model = model(space);
      for (Mapping mapping : space.mappings()) {
        for (long at = mapping.start(); at < mapping.end(); at += PAGE_SIZE) {
          Page page = Objects.requireNonNull(model.get(at));
          assertThat(mapping.protection()).isEqualTo(page.protection());
          PageWalk.Page entry = entries.remove(at);
          assertThat(entry != null)
              .isEqualTo(mapping.isBacked() && mapping.protection() != Protection.NONE);
          if (mapping.isBacked()) {
            held.add(mapping.physicalOf(at));
            holders++;
            byte[] contents = new byte[PAGE_SIZE];
            space.copyOut(at, contents, PAGE_SIZE);
            assertThat(ByteBuffer.wrap(contents)).as("0x%x", at).isEqualTo(page.contents());
          }
        }
      }
      assertThat(entries).isEmpty();
      assertThat(space.mappings().stream().mapToLong(Mapping::sizeBytes).sum())
          .isEqualTo(model.size() * (long) PAGE_SIZE);
    }
    long promised = holders - held.size();
    assertThat(memory.freeBytes())
        .isEqualTo(MEMORY - (held.size() + promised + memory.tables().count()) * PAGE_SIZE);
  }
}
