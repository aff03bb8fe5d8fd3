package io.hyperlight.internal.machine;

import static io.hyperlight.internal.machine.memory.PhysicalMemory.PAGE_SIZE;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.abi.CallFrame;
import io.hyperlight.internal.host.HostPlatform;
import io.hyperlight.internal.hypervisor.DirtyTracker;
import io.hyperlight.internal.hypervisor.DirtyTracking;
import io.hyperlight.internal.machine.arch.MachineOptions;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.Protection;
import io.hyperlight.internal.machine.x86.MachineCode;
import io.hyperlight.testing.NotInHardwareLane;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What KVM reports about the pages that a guest writes, in both of its ways. */
class DirtyTrackerTest {
  private static final long CODE = 0x2_0000;
  private static final long DATA = 0x100_0000;
  private static final long STACK = 0x4_0000;
  private static final long PAGES = 6000;

  private final Vm original = HostPlatform.get().create((PAGES + 100) * PAGE_SIZE);

  DirtyTrackerTest() {
    AddressSpace space = original.addressSpace();
    space.map(CODE, PAGE_SIZE, Protection.READ_EXECUTE);
    space.map(DATA, PAGES * PAGE_SIZE, Protection.READ_WRITE);
    space.map(STACK, PAGE_SIZE, Protection.READ_WRITE);
    byte[] code = code().toByteArray();
    space.initialise(CODE, code, 0, code.length);
    original.installGate(STACK + PAGE_SIZE - CallFrame.SIZE);
  }

  @AfterEach
  void close() {
    original.close();
  }

  /** Returns code that increments a byte in each of RSI pages from RDI on. */
  static MachineCode code() {
    return new MachineCode()
        .label("1")
        .add("incb (%rdi)", 0xfe, 0x07)
        .addWithInt("add $0x%x, %%rdi", PAGE_SIZE, 0x48, 0x81, 0xc7)
        .add("dec %rsi", 0x48, 0xff, 0xce)
        .add("jnz 1b", 0x75, 0xf2)
        .add("ret", 0xc3);
  }

  private static void write(Vm machine, long firstPage, long count) {
    machine.context().setFrameLong(CallFrame.TARGET, CODE);
    machine.context().setFrameLong(CallFrame.INTEGER_ARGUMENTS, DATA + firstPage * PAGE_SIZE);
    machine.context().setFrameLong(CallFrame.INTEGER_ARGUMENTS + 8, count);
    machine.context().enterGate();
    assertThat(machine.context().run()).isNull();
    assertThat(machine.context().isCallDone()).isTrue();
  }

  /** Returns the data pages that are reported now. */
  private static Set<Long> collect(Vm machine) {
    long first = machine.addressSpace().physicalOf(DATA) / PAGE_SIZE;
    Set<Long> pages = new TreeSet<>();
    machine
        .tracker()
        .collect(page -> {
          if (page >= first && page < first + PAGES) {
            pages.add(page - first);
          }
        });
    return pages;
  }

  @ParameterizedTest
  @EnumSource(names = {"RING", "LOG"})
  void everyPageThatIsWrittenIsReported(DirtyTracking tracking) {
    try (MachineImage image = original.freeze();
        Vm machine = Vm.spawn(image, MachineOptions.DEFAULT, tracking)) {
      write(machine, 5, 3);
      assertThat(collect(machine)).containsExactly(5L, 6L, 7L);
      write(machine, 100, 1);
      assertThat(collect(machine)).contains(100L);
    }
  }

  @Test
  @NotInHardwareLane("The emulated processor makes no entry in the dirty ring after a reset.")
  void aPageIsReportedAgainAfterTheRingIsRearmed() {
    reportsAgainAfterRearming(DirtyTracking.RING);
  }

  @Test
  void aPageIsReportedAgainAfterTheLogIsRearmed() {
    reportsAgainAfterRearming(DirtyTracking.LOG);
  }

  private void reportsAgainAfterRearming(DirtyTracking tracking) {
    try (MachineImage image = original.freeze();
        Vm machine = Vm.spawn(image, MachineOptions.DEFAULT, tracking)) {
      DirtyTracker tracker = machine.tracker();
      for (int round = 0; round < 5; round++) {
        write(machine, 5, 200);
        assertThat(collect(machine)).hasSize(200);
        tracker.rearm();
        assertThat(collect(machine)).isEmpty();
      }
    }
  }

  @Test
  @NotInHardwareLane("The emulated processor makes no entry in the dirty ring after a reset.")
  void aCallThatWritesMoreThanTheRingHasRoomForIsNotDisturbed() {
    isNotDisturbedByManyPages(DirtyTracking.RING);
  }

  @Test
  void aCallThatWritesAsMuchIsNotDisturbedWithTheLog() {
    isNotDisturbedByManyPages(DirtyTracking.LOG);
  }

  private void isNotDisturbedByManyPages(DirtyTracking tracking) {
    try (MachineImage image = original.freeze();
        Vm machine = Vm.spawn(image, MachineOptions.DEFAULT, tracking)) {
      for (int round = 0; round < 3; round++) {
        write(machine, 0, PAGES);
        byte[] expected = new byte[(int) PAGES * PAGE_SIZE];
        for (int page = 0; page < PAGES; page++) {
          expected[page * PAGE_SIZE] = 1;
        }
        assertThat(machine.addressSpace().read(DATA, PAGES * PAGE_SIZE)).isEqualTo(expected);
        assertThat(machine.restoreTo(image)).isTrue();
        assertThat(machine.addressSpace().read(DATA, PAGES * PAGE_SIZE))
            .isEqualTo(new byte[expected.length]);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"RING", "LOG"})
  void manyDifferentPagesOverManyRestoresAreAllFound(DirtyTracking tracking) {
    // Fewer than half the ring and without rearming, so that it works in any emulation.
    try (MachineImage image = original.freeze();
        Vm machine = Vm.spawn(image, MachineOptions.DEFAULT, tracking)) {
      for (int round = 0; round < 12; round++) {
        write(machine, 100L * round, 100);
        assertThat(machine.restoreTo(image)).isTrue();
        assertThat(machine.addressSpace().read(DATA, PAGES * PAGE_SIZE))
            .isEqualTo(new byte[(int) PAGES * PAGE_SIZE]);
      }
    }
  }
}
