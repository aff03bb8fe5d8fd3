package io.hyperlight.internal.machine.memory;

import static io.hyperlight.internal.machine.memory.PhysicalMemory.PAGE_SIZE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.hyperlight.testing.NotInHardwareLane;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@NotInHardwareLane("No VM takes part.")
class AddressSpaceTest {
  private static final int OPERATIONS =
      Integer.getInteger("hyperlight.test.addressSpaceOperations", 5_000);

  private static final long MEMORY = 8 << 20;

  private PhysicalMemory memory = new PhysicalMemory(MEMORY);
  private PageTables tables = new PageTables(memory);
  private AddressSpace space = new AddressSpace(memory, tables, List.of());

  private void useMemoryOf(long sizeBytes) {
    memory.close();
    memory = new PhysicalMemory(sizeBytes);
    tables = new PageTables(memory);
    space = new AddressSpace(memory, tables, List.of());
  }

  @AfterEach
  void unmap() {
    memory.close();
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13, 14})
  void randomUseGivesWhatASimpleModelGives(long seed) {
    Random random = new Random(seed);
    AddressSpaceModel model = new AddressSpaceModel();
    for (int i = 0; i < OPERATIONS; i++) {
      if (random.nextInt(100) == 0) {
        mapSomething(random, model);
      } else {
        useSomething(random, model);
      }
    }
    assertThat(model.protections()).hasSizeGreaterThan(20);
    assertPageTablesAreThose(model);
  }

  private void mapSomething(Random random, AddressSpaceModel model) {
    long[] near = model.interestingAddresses();
    // Often directly behind another mapping, so that they touch or merge.
    long start =
        random.nextInt(3) == 0
            ? (1L + random.nextInt(1 << 20)) * PAGE_SIZE
            : near[random.nextInt(near.length)] & -PAGE_SIZE;
    long size = (1L + random.nextInt(4)) * PAGE_SIZE;
    Protection protection = List.of(Protection.values()).get(random.nextInt(3));
    boolean possible =
        start >= PAGE_SIZE && start <= AddressSpace.USER_END - size && model.isFree(start, size);
    if (possible) {
      space.map(start, size, protection);
      model.map(start, size, protection);
    } else {
      assertThatIllegalArgumentException().isThrownBy(() -> space.map(start, size, protection));
    }
  }

  private void useSomething(Random random, AddressSpaceModel model) {
    long address = hostileAddress(random, model);
    long length = hostileLength(random, address, model);
    boolean readable = model.isAccessible(address, length, false);
    boolean writable = model.isAccessible(address, length, true);
    assertThat(space.isMapped(address, length)).isEqualTo(readable);
    if (readable) {
      assertThat(space.read(address, length)).isEqualTo(model.read(address, (int) length));
    } else {
      assertThatExceptionOfType(GuestAddressException.class)
          .isThrownBy(() -> space.read(address, length));
    }
    readALong(address, model);
    if (length >= 0 && length <= 4 * PAGE_SIZE) {
      writeSomething(random, model, address, (int) length, readable, writable);
    }
  }

  private void readALong(long address, AddressSpaceModel model) {
    if (model.isAccessible(address, 8, false) && address % 8 == 0) {
      long expected = 0;
      byte[] bytes = model.read(address, 8);
      for (int i = 7; i >= 0; i--) {
        expected = expected << 8 | Byte.toUnsignedLong(bytes[i]);
      }
      assertThat(space.readLong(address)).isEqualTo(expected);
    } else {
      assertThatExceptionOfType(GuestAddressException.class)
          .isThrownBy(() -> space.readLong(address));
    }
  }

  private void writeSomething(
      Random random,
      AddressSpaceModel model,
      long address,
      int length,
      boolean readable,
      boolean writable) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    if (writable) {
      space.write(address, bytes);
      model.write(address, bytes);
    } else {
      assertThatExceptionOfType(GuestAddressException.class)
          .isThrownBy(() -> space.write(address, bytes));
    }
    if (random.nextBoolean()) {
      return;
    }
    random.nextBytes(bytes);
    if (readable) {
      space.initialise(address, bytes, 0, length);
      model.write(address, bytes);
    } else {
      assertThatExceptionOfType(GuestAddressException.class)
          .isThrownBy(() -> space.initialise(address, bytes, 0, length));
    }
  }

  private static long hostileAddress(Random random, AddressSpaceModel model) {
    long[] near = model.interestingAddresses();
    long address = near[random.nextInt(near.length)];
    return switch (random.nextInt(5)) {
      case 0 -> address;
      case 1 -> address + random.nextInt(PAGE_SIZE);
      case 2 -> address - 1 - random.nextInt(16);
      case 3 -> address + 8L * random.nextInt(512);
      default -> address + random.nextInt(-PAGE_SIZE, PAGE_SIZE);
    };
  }

  private static long hostileLength(Random random, long address, AddressSpaceModel model) {
    long[] near = model.interestingAddresses();
    return switch (random.nextInt(8)) {
      case 0 -> random.nextInt(17);
      case 1 -> random.nextLong();
      case 2 -> near[random.nextInt(near.length)] - address; // up to exactly there
      case 3 -> near[random.nextInt(near.length)] - address + 1;
      case 4 -> Long.MAX_VALUE - address;
      case 5 -> -address;
      case 6 -> random.nextInt(-2, 4 * PAGE_SIZE);
      default -> near[random.nextInt(near.length)];
    };
  }

  private void assertPageTablesAreThose(AddressSpaceModel model) {
    NavigableMap<Long, Protection> protections = model.protections();
    assertThat(PageWalk.pages(memory, tables.root()).keySet()).isEqualTo(protections.keySet());
    protections.forEach((address, protection) -> {
      PageWalk.Page page = PageWalk.page(memory, tables.root(), address);
      assertThat(page).isEqualTo(PageTablesTest.page(page.physical(), protection, true));
      // The host writes to the page behind the tables.
      space.initialise(address, new byte[] {(byte) 0xa5}, 0, 1);
      assertThat(memory.getLong(page.physical()) & 0xff).isEqualTo(0xa5);
    });
  }

  @Test
  void mappingsThatTouchAreReadAndWrittenAsOneRange() {
    space.map(0x10000, PAGE_SIZE, Protection.READ_WRITE);
    space.map(0x11000, PAGE_SIZE, Protection.READ_WRITE);
    space.map(0x20000, PAGE_SIZE, Protection.READ);
    space.map(0x12000, PAGE_SIZE, Protection.READ_WRITE); // touches, but not in physical memory
    space.map(0x13000, PAGE_SIZE, Protection.READ);
    byte[] bytes = new byte[3 * PAGE_SIZE];
    new Random(1).nextBytes(bytes);
    space.write(0x10000, bytes);
    assertThat(space.read(0x10000, bytes.length)).isEqualTo(bytes);
    assertThat(space.isMapped(0x10000, 4 * PAGE_SIZE)).isTrue();
    assertThat(space.isMapped(0x10000, 4 * PAGE_SIZE + 1)).isFalse();
    assertThatExceptionOfType(GuestAddressException.class)
        .isThrownBy(() -> space.write(0x12fff, new byte[2]));
    assertThat(space.read(0x12fff, 1)).containsExactly(bytes[bytes.length - 1]);
  }

  @Test
  void whatIsNotWithinUserSpaceIsNotMapped() {
    long[][] refused = {
      {0, PAGE_SIZE},
      {1, PAGE_SIZE},
      {PAGE_SIZE, 0},
      {PAGE_SIZE, 1},
      {PAGE_SIZE, -PAGE_SIZE},
      {-PAGE_SIZE, PAGE_SIZE},
      {AddressSpace.USER_END, PAGE_SIZE},
      {AddressSpace.USER_END - PAGE_SIZE, 2 * PAGE_SIZE},
      {PAGE_SIZE, Long.MAX_VALUE & -PAGE_SIZE},
      {Long.MAX_VALUE & -PAGE_SIZE, PAGE_SIZE},
      {PageTablesTest.MONITOR, PAGE_SIZE},
    };
    long free = space.freeBytes();
    for (long[] range : refused) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> space.map(range[0], range[1], Protection.READ));
    }
    assertThat(space.freeBytes()).isEqualTo(free);
    assertThat(PageWalk.pages(memory, tables.root())).isEmpty();
  }

  @Test
  void theHighestUserPageCanBeMapped() {
    long last = AddressSpace.USER_END - PAGE_SIZE;
    space.map(last, PAGE_SIZE, Protection.READ_WRITE);
    space.write(AddressSpace.USER_END - 1, new byte[] {7});
    assertThat(space.read(AddressSpace.USER_END - 1, 1)).containsExactly(7);
    assertThat(space.isMapped(AddressSpace.USER_END - 1, 2)).isFalse();
  }

  @Test
  void aRangeMoreThanAnArrayHoldsIsRefusedWithoutAllocatingIt() {
    space.map(PAGE_SIZE, PAGE_SIZE, Protection.READ);
    for (long length : new long[] {1L << 31, 1L << 32, 1L << 40, Long.MAX_VALUE, -1}) {
      assertThatExceptionOfType(GuestAddressException.class)
          .isThrownBy(() -> space.read(PAGE_SIZE, length))
          .withMessage(
              "%s bytes at 0x1000 are not mapped guest memory"
                  .formatted(Long.toUnsignedString(length)));
    }
  }

  @Test
  void aMappingThatDoesNotFitLeavesEverythingAsItWas() {
    useMemoryOf(64 * PAGE_SIZE);
    space.map(0x10000, 8 * PAGE_SIZE, Protection.READ_WRITE);
    Map<Long, PageWalk.Page> before = PageWalk.pages(memory, tables.root());
    for (long pages = 1; pages < 80; pages++) {
      long size = pages * PAGE_SIZE;
      long free = space.freeBytes();
      try {
        space.map(0x7000_0000_0000L, size, Protection.READ);
        useMemoryOf(64 * PAGE_SIZE);
        space.map(0x10000, 8 * PAGE_SIZE, Protection.READ_WRITE);
      } catch (GuestMemoryExhaustedException e) {
        assertThat(e.wantedBytes()).isGreaterThan(e.freeBytes());
        assertThat(space.freeBytes()).isEqualTo(free);
        assertThat(space.isMapped(0x7000_0000_0000L, 1)).isFalse();
      }
    }
    assertThat(PageWalk.pages(memory, tables.root())).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(longs = {1L << 21, 1L << 30, 1L << 39})
  void aMappingAcrossTablesThatDoesNotFitLeavesEverythingAsItWas(long boundary) {
    // Half is below the boundary and half above, so that it needs the maximum number of tables.
    for (long size : new long[] {3 * PAGE_SIZE, 1L << 30, (2L << 30) + 2 * PAGE_SIZE}) {
      long start = boundary - Math.min(size / 2 & -PAGE_SIZE, boundary - PAGE_SIZE);
      long needed = size + (12 + (size >> 21)) * PAGE_SIZE;
      for (long memoryBytes = Math.max(needed - 16 * PAGE_SIZE, 4 * PAGE_SIZE);
          memoryBytes <= needed;
          memoryBytes += PAGE_SIZE) {
        useMemoryOf(memoryBytes);
        assertMapsAllOrNothing(start, size);
      }
    }
  }

  private void assertMapsAllOrNothing(long start, long size) {
    long free = space.freeBytes();
    try {
      space.map(start, size, Protection.READ_WRITE);
      assertThat(space.isMapped(start, size)).isTrue();
    } catch (GuestMemoryExhaustedException e) {
      assertThat(space.freeBytes()).isEqualTo(free);
      assertThat(space.isMapped(start, 1)).isFalse();
    }
  }
}
