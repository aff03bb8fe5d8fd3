package io.hyperlight.internal.machine;

import static io.hyperlight.internal.machine.memory.PhysicalMemory.PAGE_SIZE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.hyperlight.internal.abi.CallFrame;
import io.hyperlight.internal.host.HostPlatform;
import io.hyperlight.internal.hypervisor.DirtyTracking;
import io.hyperlight.internal.machine.arch.FaultKind;
import io.hyperlight.internal.machine.arch.MachineOptions;
import io.hyperlight.internal.machine.arch.RegisterValues;
import io.hyperlight.internal.machine.arch.Trap;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.MappingSource;
import io.hyperlight.internal.machine.memory.Protection;
import io.hyperlight.internal.machine.x86.Gate;
import io.hyperlight.internal.machine.x86.MachineCode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Shared pages and several address spaces of a VM, as code that runs in them sees them. */
@Tag("slow")
class SharedMemoryTest {
  private static final long MEMORY = 512L * PAGE_SIZE;
  private static final long FAULT = -1;

  private static final long LOAD = 0x2_0000;
  private static final long STORE = LOAD + 0x10;
  private static final long RETURN = LOAD + 0x20;
  private static final long RESULT = 0x3_0000;
  private static final long STACK = 0x4_0000;

  /** A private page that both address spaces have from the beginning. */
  private static final long PRIVATE = 0x100_0000;

  /** A page of a shared object that both have. */
  private static final long SHARED = 0x200_0000;

  /** A page of that object that the second has privately. */
  private static final long COPY = 0x300_0000;

  /** An address at which each has another page. */
  private static final long OWN = 0x400_0000;

  /** An address at which the first has no page. */
  private static final long SECOND_ONLY = 0x500_0000;

  private static final List<Long> ALL = List.of(PRIVATE, SHARED, COPY, OWN, SECOND_ONLY);

  private final Vm original = HostPlatform.get().create(MEMORY);

  @AfterEach
  void close() {
    original.close();
  }

  /** Returns code that copies the eight bytes at RDI to RSI. */
  static MachineCode load() {
    return new MachineCode()
        .add("mov (%rdi), %rax", 0x48, 0x8b, 0x07)
        .add("mov %rax, (%rsi)", 0x48, 0x89, 0x06)
        .add("ret", 0xc3);
  }

  /** Returns code that writes RSI to RDI. */
  static MachineCode store() {
    return new MachineCode().add("mov %rsi, (%rdi)", 0x48, 0x89, 0x37).add("ret", 0xc3);
  }

  @BeforeEach
  void makeTwoAddressSpaces() {
    AddressSpace first = original.addressSpaces().first();
    first.map(LOAD, PAGE_SIZE, Protection.READ_EXECUTE);
    put(first, LOAD, load());
    put(first, STORE, store());
    put(first, RETURN, new MachineCode().add("ret", 0xc3));
    first.map(RESULT, PAGE_SIZE, Protection.READ_WRITE);
    first.map(STACK, PAGE_SIZE, Protection.READ_WRITE);
    original.installGate(STACK + PAGE_SIZE - CallFrame.SIZE);
    first.map(PRIVATE, 2 * PAGE_SIZE, Protection.READ_WRITE);
    first.map(SHARED, PAGE_SIZE, Protection.READ_WRITE, MappingSource.shared("object", 0));
    first.map(OWN, PAGE_SIZE, Protection.READ_WRITE);
    AddressSpace second = original.addressSpaces().add();
    share(second, Gate.ADDRESS, Protection.READ_EXECUTE);
    share(second, Gate.END - PAGE_SIZE, Protection.READ);
    share(second, LOAD, Protection.READ_EXECUTE);
    share(second, RESULT, Protection.READ_WRITE);
    share(second, STACK, Protection.READ_WRITE);
    // They are used before they are shared, so the processor knows them as writable.
    store(original, first, PRIVATE, 10);
    store(original, first, SHARED, 20);
    store(original, first, OWN, 30);
    second.share(first, PRIVATE, 2 * PAGE_SIZE, PRIVATE, Protection.READ_WRITE);
    share(second, SHARED, Protection.READ_WRITE);
    second.shareCopyOnWrite(first, SHARED, PAGE_SIZE, COPY, Protection.READ_WRITE);
    second.map(OWN, PAGE_SIZE, Protection.READ_WRITE);
    second.map(SECOND_ONLY, PAGE_SIZE, Protection.READ_WRITE);
    store(original, second, OWN, 31);
    store(original, second, SECOND_ONLY, 41);
  }

  private static void put(AddressSpace space, long address, MachineCode code) {
    byte[] bytes = code.toByteArray();
    space.initialise(address, bytes, 0, bytes.length);
  }

  private void share(AddressSpace second, long page, Protection protection) {
    second.share(original.addressSpaces().first(), page, PAGE_SIZE, page, protection);
  }

  private static boolean call(Vm machine, AddressSpace space, long code, long a, long b) {
    machine.context().switchTo(space);
    return call(machine, code, a, b);
  }

  private static boolean call(Vm machine, long code, long a, long b) {
    Context context = machine.context();
    context.setFrameLong(CallFrame.TARGET, code);
    context.setFrameLong(CallFrame.INTEGER_ARGUMENTS, a);
    context.setFrameLong(CallFrame.INTEGER_ARGUMENTS + Long.BYTES, b);
    context.enterGate();
    Trap trap = context.run();
    if (trap != null) {
      Trap.ProcessorException fault = (Trap.ProcessorException) trap;
      assertThat(fault.kind()).isEqualTo(FaultKind.MEMORY_ACCESS);
      assertThat(fault.address()).isEqualTo(a);
      RegisterValues registers = fault.registers();
      context.resumeAt(registers.entering(RETURN, registers.stackPointer(), 0, 0, 0));
      assertThat(context.run()).isNull();
    }
    assertThat(context.isCallDone()).isTrue();
    return trap == null;
  }

  private static boolean store(Vm machine, AddressSpace space, long address, long value) {
    return call(machine, space, STORE, address, value);
  }

  private static long load(Vm machine, AddressSpace space, long address) {
    return call(machine, space, LOAD, address, RESULT) ? space.readLong(RESULT) : FAULT;
  }

  private static byte[] bytes(long value) {
    return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
  }

  /** Returns what code in each address space sees at all addresses. The host must see the same. */
  private static List<List<Long>> view(Vm machine) {
    List<List<Long>> view = new ArrayList<>();
    for (AddressSpace space : machine.addressSpaces().all()) {
      List<Long> values = new ArrayList<>();
      for (long address : ALL) {
        long value = load(machine, space, address);
        assertThat(space.isMapped(address, 8)).isEqualTo(value != FAULT);
        if (value != FAULT) {
          assertThat(space.readLong(address)).isEqualTo(value);
        }
        values.add(value);
      }
      view.add(values);
    }
    return view;
  }

  private AddressSpace first() {
    return original.addressSpaces().first();
  }

  private AddressSpace second() {
    return original.addressSpaces().all().get(1);
  }

  @Test
  void eachAddressSpaceSeesItsOwn() {
    assertThat(first().tables().root()).isNotEqualTo(second().tables().root());
    assertThat(view(original))
        .containsExactly(List.of(10L, 20L, FAULT, 30L, FAULT), List.of(10L, 20L, 20L, 31L, 41L));
  }

  @Test
  void aWriteOfTheGuestIsSeenWhereThePageIsSharedOnly() {
    store(original, first(), PRIVATE, 11);
    store(original, first(), SHARED, 21);
    assertThat(view(original))
        .containsExactly(List.of(11L, 21L, FAULT, 30L, FAULT), List.of(10L, 21L, 21L, 31L, 41L));
    store(original, second(), PRIVATE, 12);
    store(original, second(), COPY, 22);
    store(original, second(), SHARED, 23);
    assertThat(view(original))
        .containsExactly(List.of(11L, 23L, FAULT, 30L, FAULT), List.of(12L, 23L, 22L, 31L, 41L));
  }

  @Test
  void aWriteOfTheHostIsSeenWhereThePageIsSharedOnly() {
    second().write(PRIVATE, bytes(12));
    second().write(SHARED, bytes(21));
    first().initialise(PRIVATE + PAGE_SIZE, bytes(13), 0, 8);
    assertThat(view(original))
        .containsExactly(List.of(10L, 21L, FAULT, 30L, FAULT), List.of(12L, 21L, 21L, 31L, 41L));
    assertThat(load(original, first(), PRIVATE + PAGE_SIZE)).isEqualTo(13);
    assertThat(load(original, second(), PRIVATE + PAGE_SIZE)).isZero();
    second().discard(PRIVATE, PAGE_SIZE);
    second().write(COPY, bytes(22));
    assertThat(view(original))
        .containsExactly(List.of(10L, 21L, FAULT, 30L, FAULT), List.of(0L, 21L, 22L, 31L, 41L));
  }

  @Test
  void aPageIsReachedAtTwoAddressesWithDifferentRights() {
    long alias = SHARED + PAGE_SIZE;
    first().share(first(), SHARED, PAGE_SIZE, alias, Protection.READ);
    store(original, first(), SHARED, 24);
    assertThat(load(original, first(), alias)).isEqualTo(24);
    assertThat(store(original, first(), alias, 25)).isFalse();
    assertThat(load(original, first(), SHARED)).isEqualTo(24);
    first().unmap(SHARED, PAGE_SIZE);
    assertThat(load(original, first(), SHARED)).isEqualTo(FAULT);
    assertThat(load(original, first(), alias)).isEqualTo(24);
    first().protect(alias, PAGE_SIZE, Protection.READ_WRITE);
    assertThat(store(original, first(), alias, 26)).isTrue();
    assertThat(load(original, second(), SHARED)).isEqualTo(26);
  }

  @Test
  void rightsThatAPrivateMappingHasNotAreNotGivenByAWrite() {
    second().protect(PRIVATE, PAGE_SIZE, Protection.READ);
    assertThat(store(original, second(), PRIVATE, 1)).isFalse();
    second().protect(PRIVATE, PAGE_SIZE, Protection.NONE);
    assertThat(store(original, second(), PRIVATE, 1)).isFalse();
    assertThat(load(original, first(), PRIVATE)).isEqualTo(10);
    second().protect(PRIVATE, PAGE_SIZE, Protection.READ_WRITE);
    assertThat(store(original, second(), PRIVATE, 14)).isTrue();
    assertThat(load(original, first(), PRIVATE)).isEqualTo(10);
    assertThat(load(original, second(), PRIVATE)).isEqualTo(14);
  }

  @Test
  void whoeverIsLeftAloneWithAPageWritesItWithoutACopy() {
    store(original, first(), PRIVATE, 11);
    long free = original.addressSpace().freeBytes();
    store(original, second(), PRIVATE, 12); // alone with the page since the other has a copy
    assertThat(original.addressSpace().freeBytes()).isEqualTo(free);
    assertThat(load(original, first(), PRIVATE)).isEqualTo(11);
    long before = second().freeBytes();
    first().unmap(PRIVATE, 2 * PAGE_SIZE);
    assertThat(second().freeBytes()).isEqualTo(before + 2 * PAGE_SIZE); // a page and a promise
    assertThat(store(original, second(), PRIVATE + PAGE_SIZE, 13)).isTrue();
    assertThat(second().freeBytes()).isEqualTo(before + 2 * PAGE_SIZE);
    assertThat(load(original, second(), PRIVATE)).isEqualTo(12);
  }

  @ParameterizedTest
  @EnumSource(names = {"RING", "LOG"})
  void imagesKeepAllAddressSpacesAndRestoresBringThemBack(DirtyTracking tracking) {
    for (int current = 0; current < 2; current++) {
      original.context().switchTo(original.addressSpaces().all().get(current));
      List<List<Long>> expected;
      try (MachineImage image = original.freeze();
          Vm machine = Vm.spawn(image, MachineOptions.DEFAULT, tracking)) {
        expected = view(original);
        long free = machine.addressSpace().freeBytes();
        assertThat(machine.addressSpaces().all().indexOf(machine.addressSpace()))
            .isEqualTo(current);
        for (int life = 0; life < 6; life++) {
          assertThat(machine.addressSpace().freeBytes()).isEqualTo(free);
          AddressSpace here = machine.addressSpace();
          assertThat(call(machine, LOAD, OWN, RESULT)).isTrue();
          assertThat(here.readLong(RESULT)).isEqualTo(expected.get(current).get(3));
          if (life != 1) { // also without a look in between
            assertThat(view(machine)).isEqualTo(expected);
          }
          live(machine, life);
          assertThat(machine.restoreTo(image)).isTrue();
          assertThat(machine.addressSpaces().all().indexOf(machine.addressSpace()))
              .isEqualTo(current);
        }
        assertThat(view(machine)).isEqualTo(expected);
        live(machine, 0);
        try (MachineImage later = machine.freeze();
            Vm child = Vm.spawn(later, MachineOptions.DEFAULT, tracking)) {
          List<List<Long>> ofChild = view(machine);
          live(machine, 3);
          assertThat(view(child)).isEqualTo(ofChild);
          live(child, 2);
          assertThat(child.restoreTo(later)).isTrue();
          assertThat(view(child)).isEqualTo(ofChild);
        }
      }
      assertThat(view(original)).isEqualTo(expected);
    }
  }

  /** Shares, breaks, drops and adds. */
  private static void live(Vm machine, int life) {
    AddressSpace first = machine.addressSpaces().first();
    AddressSpace second = machine.addressSpaces().all().get(1);
    switch (life % 5) {
      case 0 -> {
        store(machine, first, PRIVATE, 100);
        store(machine, second, COPY, 101);
        store(machine, second, SHARED, 102);
      }
      case 1 -> {
        second.write(PRIVATE, bytes(110));
        first.unmap(PRIVATE, 2 * PAGE_SIZE);
        store(machine, second, PRIVATE, 111);
        first.map(COPY, PAGE_SIZE, Protection.READ_WRITE);
        store(machine, first, COPY, 112);
      }
      case 2 -> {
        machine.context().switchTo(first);
        machine.addressSpaces().remove(second);
        store(machine, first, PRIVATE, 120);
        AddressSpace third = machine.addressSpaces().add();
        third.share(first, PRIVATE, PAGE_SIZE, PRIVATE, Protection.READ_WRITE);
        third.write(PRIVATE, bytes(121));
      }
      case 3 -> {
        second.share(first, OWN, PAGE_SIZE, OWN + PAGE_SIZE, Protection.READ_WRITE);
        store(machine, second, OWN + PAGE_SIZE, 130);
        store(machine, first, OWN, 131);
        second.move(PRIVATE, 2 * PAGE_SIZE, PRIVATE + 16 * PAGE_SIZE);
        store(machine, second, PRIVATE + 16 * PAGE_SIZE, 132);
      }
      default -> {
        second.discard(PRIVATE, PAGE_SIZE);
        second.discard(SHARED, PAGE_SIZE);
        first.protect(OWN, PAGE_SIZE, Protection.NONE);
        store(machine, second, SECOND_ONLY, 140);
      }
    }
  }

  @Test
  void onlyAContextThatRestsGoesToAnotherAddressSpace() {
    Context context = original.context();
    context.setFrameLong(CallFrame.TARGET, RETURN);
    context.enterGate();
    assertThatIllegalStateException().isThrownBy(() -> context.switchTo(second()));
    assertThat(context.run()).isNull();
    context.switchTo(second());
    assertThat(original.addressSpace()).isSameAs(second());
  }

  @Test
  void aCallFrameStaysWhereTheHostKnowsItThoughItsPageIsShared() {
    AddressSpace third = original.addressSpaces().add();
    original.context().switchTo(first());
    share(third, STACK, Protection.READ_WRITE);
    share(third, RESULT, Protection.READ_WRITE);
    for (int i = 0; i < 3; i++) {
      assertThat(call(original, STORE, PRIVATE, 50 + i)).isTrue();
      assertThat(call(original, LOAD, PRIVATE, RESULT)).isTrue();
      assertThat(first().readLong(RESULT)).isEqualTo(50 + i);
    }
    assertThat(third.readLong(RESULT)).isNotEqualTo(52);
    original.addressSpaces().remove(third);
    assertThat(load(original, second(), PRIVATE)).isEqualTo(10);
  }

  /**
   * Returns an address. Those of different numbers use different entries of the last table but one.
   */
  private static long scattered(int number) {
    return (1L << 32) + (long) (number * 7 % 50 << 9) * PAGE_SIZE;
  }

  /** Makes one address space after another, as a shell makes processes. */
  @ParameterizedTest
  @EnumSource(names = {"RING", "LOG"})
  void addressSpacesComeAndGoForEverAndNoneSeesWhatTablesOfOthersLedTo(DirtyTracking tracking) {
    try (MachineImage image = original.freeze();
        Vm machine = Vm.spawn(image, MachineOptions.DEFAULT, tracking)) {
      AddressSpace first = machine.addressSpaces().first();
      List<List<Long>> expected = view(machine);
      for (int life = 0; life < 3; life++) {
        machine.context().switchTo(first);
        store(machine, first, PRIVATE, 60);
        long free = first.freeBytes();
        boolean again = false;
        long highest = 0;
        for (int i = 0; i < 150; i++) {
          AddressSpace space = machine.addressSpaces().add();
          long root = space.tables().root().address();
          again |= i > 0 && root >= highest; // tables go downwards from the start of the data
          highest = i == 0 ? root : Math.min(highest, root);
          for (long page : List.of(Gate.ADDRESS, LOAD, RESULT, STACK)) {
            Protection rights =
                page == RESULT || page == STACK ? Protection.READ_WRITE : Protection.READ_EXECUTE;
            space.share(first, page, PAGE_SIZE, page, rights);
          }
          space.share(
              first, Gate.END - PAGE_SIZE, PAGE_SIZE, Gate.END - PAGE_SIZE, Protection.READ);
          // Each has other pages at other addresses, and tables at the same places.
          long here = scattered(i);
          space.map(here, PAGE_SIZE, Protection.READ_WRITE);
          assertThat(store(machine, space, here, 1000 + i)).isTrue();
          assertThat(load(machine, space, here)).isEqualTo(1000 + i);
          for (int earlier = Math.max(0, i - 49); again && earlier < i - 30; earlier++) {
            assertThat(load(machine, space, scattered(earlier))).isEqualTo(FAULT);
          }
          assertThat(load(machine, space, PRIVATE)).isEqualTo(FAULT);
          machine.context().switchTo(first);
          machine.addressSpaces().remove(space);
          assertThat(first.freeBytes()).isEqualTo(free);
        }
        assertThat(again).as("tables are used again").isTrue();
        assertThat(load(machine, first, PRIVATE)).isEqualTo(60);
        assertThat(machine.restoreTo(image)).isTrue();
        assertThat(view(machine)).isEqualTo(expected);
      }
    }
  }
}
