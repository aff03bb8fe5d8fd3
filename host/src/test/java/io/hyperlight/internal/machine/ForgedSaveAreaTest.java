package io.hyperlight.internal.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.host.HostPlatform;
import io.hyperlight.internal.machine.Context.State;
import io.hyperlight.internal.machine.arch.MachineOptions;
import io.hyperlight.internal.machine.arch.Trap;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import io.hyperlight.internal.machine.x86.ContextSwitchCode;
import io.hyperlight.internal.machine.x86.X86Processor;
import io.hyperlight.testing.NotInHardwareLane;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What user code can write into the page in which a thread of it is saved. */
class ForgedSaveAreaTest {
  private static final int MXCSR = 24;
  private static final int COMPONENTS = 512;
  private static final int COMPACTION = 520;
  private static final int RESERVED = 528;
  private static final long NOT_CANONICAL = 1L << 60;

  private final Platform platform = HostPlatform.get();
  private MachineImage image;
  private Vm vm;

  /** A forgery that no processor takes. */
  enum Forgery {
    UNKNOWN_COMPONENT(area -> area.putLong(COMPONENTS, 1L << 61)),
    HALF_COMPACTED(area -> area.putLong(COMPACTION, 7)),
    RESERVED_HEADER(area -> area.putLong(RESERVED, 1)),
    RESERVED_MXCSR(area -> area.putInt(MXCSR, 1 << 31)),
    FS_BASE(area -> area.putLong(ContextSwitchCode.FS_BASE, NOT_CANONICAL)),
    GS_BASE(area -> area.putLong(ContextSwitchCode.GS_BASE, NOT_CANONICAL)),
    ALL_ONES(area -> Arrays.fill(area.array(), (byte) -1));

    @SuppressWarnings("ImmutableEnumChecker") // it has no state
    private final Consumer<ByteBuffer> change;

    Forgery(Consumer<ByteBuffer> change) {
      this.change = change;
    }
  }

  @BeforeEach
  void freezeTwoContexts() {
    try (Vm original = platform.create(SelfTest.MEMORY)) {
      ProbeCode.load(original, SeveralContextsTest.counter());
      assertThat(ProbeCode.call(original)).isNull();
      Context second = original.context().fork();
      second.answer(8);
      second.resume();
      image = original.freeze();
    }
    vm = platform.spawn(image, MachineOptions.DEFAULT);
  }

  @AfterEach
  void close() {
    vm.close();
    image.close();
  }

  private static void forge(Vm vm, Consumer<ByteBuffer> change) {
    long address = ContextSwitchCode.AREAS + PhysicalMemory.PAGE_SIZE;
    ByteBuffer area =
        ByteBuffer.wrap(vm.addressSpace().read(address, PhysicalMemory.PAGE_SIZE))
            .order(ByteOrder.LITTLE_ENDIAN);
    change.accept(area);
    vm.addressSpace().write(address, area.array());
  }

  private static void goOn(Vm vm, State mainState) {
    Context main = vm.context();
    Context second = vm.context(1);
    main.answer(7);
    main.resume();
    assertThat(main.run()).isNull();
    assertThat(main.argument(1)).isEqualTo(7);
    main.park();
    second.unpark();
    assertThat(second.run()).isNull();
    assertThat(second.argument(1)).isEqualTo(8);
    assertThat(main.state()).isEqualTo(mainState);
  }

  @ParameterizedTest
  @EnumSource(names = {"UNKNOWN_COMPONENT", "HALF_COMPACTED", "RESERVED_HEADER", "ALL_ONES"})
  void aStateThatNoProcessorTakesEndsTheGuest(Forgery forgery) {
    endsTheGuest(forgery);
  }

  @NotInHardwareLane("The emulated processor does not check these.")
  @ParameterizedTest
  @EnumSource(names = {"RESERVED_MXCSR", "FS_BASE", "GS_BASE"})
  void aControlWordOrBaseThatNoProcessorTakesEndsTheGuest(Forgery forgery) {
    endsTheGuest(forgery);
  }

  private void endsTheGuest(Forgery forgery) {
    forge(vm, forgery.change);
    endsAndIsRestored(vm);
    forge(vm, forgery.change);
    try (MachineImage forged = vm.freeze();
        Vm spawned = platform.spawn(forged, MachineOptions.DEFAULT)) {
      spawned.context().park();
      spawned.context(1).unpark();
      assertThat(spawned.context(1).run()).isInstanceOf(Trap.ForgedState.class);
    }
  }

  private void endsAndIsRestored(Vm forged) {
    forged.context().park();
    Context second = forged.context(1);
    second.unpark();
    assertThat(second.run()).isInstanceOf(Trap.ForgedState.class);
    assertThat(second.state()).isEqualTo(State.TRAPPED);
    assertThat(forged.restoreTo(image)).isTrue();
    goOn(forged, State.IN_SYSTEM_CALL);
    assertThat(forged.restoreTo(image)).isTrue();
  }

  @ParameterizedTest
  @EnumSource(Forgery.class)
  void theHostReadsAStateThatAProcessorTakes(Forgery forgery) {
    forge(vm, forgery.change);
    byte[] state = vm.context(1).userRegisters().extendedState();
    assertThat(vm.context(1).userRegisters().setExtendedState(state)).isTrue();
    // The vCPU of another VM takes it by ioctl, too.
    try (Vm other = platform.spawn(image, MachineOptions.DEFAULT)) {
      ((X86Processor) other.processor()).vcpu().setExtendedState(state);
    }
  }

  @Test
  void randomStatesEndTheGuestOrGoOn() {
    Random random = new Random(3);
    int ended = 0;
    for (int i = 0; i < 200; i++) {
      forge(
          vm,
          area -> {
            for (int change = random.nextInt(4); change >= 0; change--) {
              int at = random.nextBoolean() ? random.nextInt(4096) : 512 + random.nextInt(64);
              area.put(random.nextInt(4) == 0 ? at % 32 : at, (byte) random.nextInt());
            }
          });
      ((X86Processor) vm.processor()).switchSlowly(i % 8 == 0);
      vm.context().park();
      Context second = vm.context(1);
      second.unpark();
      Trap trap = second.run();
      if (trap == null) {
        assertThat(second.state()).isEqualTo(State.IN_SYSTEM_CALL);
        assertThat(second.argument(0)).isEqualTo(1);
      } else {
        assertThat(trap).isInstanceOf(Trap.ForgedState.class);
        ended++;
      }
      assertThat(vm.restoreTo(image)).isTrue();
    }
    assertThat(ended).isBetween(20, 180);
    ((X86Processor) vm.processor()).switchSlowly(false);
    goOn(vm, State.IN_SYSTEM_CALL);
  }
}
