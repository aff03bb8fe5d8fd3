package io.hyperlight.internal.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.internal.abi.CallFrame;
import io.hyperlight.internal.host.HostPlatform;
import io.hyperlight.internal.machine.Context.State;
import io.hyperlight.internal.machine.arch.MachineOptions;
import io.hyperlight.internal.machine.arch.Trap;
import io.hyperlight.internal.machine.x86.MachineCode;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What callers may do with a context in each of its states, and which state follows. */
class ContextTest {
  private static final long FAULT = 1;

  private final Platform platform = HostPlatform.get();
  private MachineImage image;

  @BeforeEach
  void makeImage() {
    try (Vm original = platform.create(SelfTest.MEMORY)) {
      ProbeCode.load(original, code());
      image = original.freeze();
    }
  }

  @AfterEach
  void closeImage() {
    image.close();
  }

  /** Returns code that faults if it is told to, and otherwise makes a system call and returns. */
  static MachineCode code() {
    return new MachineCode()
        .add("test %edi, %edi", 0x85, 0xff)
        .add("jz 1f", 0x74, 0x02)
        .add("ud2", 0x0f, 0x0b)
        .label("1")
        .addWithInt("mov $0x%x, %%eax", 39, 0xb8)
        .add("syscall", 0x0f, 0x05)
        .add("ret", 0xc3);
  }

  /** An operation of a context. */
  private enum Operation {
    ENTER(State.PRISTINE, State.RESTING) {
      @Override
      State apply(Vm vm, MachineImage image) {
        vm.context().enterGate();
        return State.READY;
      }
    },
    RUN(State.READY) {
      @Override
      State apply(Vm vm, MachineImage image) {
        assertThat(vm.context().run()).isNull();
        return State.IN_SYSTEM_CALL;
      }
    },
    ANSWER(State.IN_SYSTEM_CALL, State.WAITING) {
      @Override
      State apply(Vm vm, MachineImage image) {
        vm.context().resume();
        return State.READY;
      }
    },
    WAIT(State.IN_SYSTEM_CALL, State.WAITING) {
      @Override
      State apply(Vm vm, MachineImage image) {
        vm.context().waitForInput();
        return State.WAITING;
      }
    },
    REST(State.IN_SYSTEM_CALL, State.RESTING) {
      @Override
      State apply(Vm vm, MachineImage image) {
        vm.context().rest();
        return State.RESTING;
      }
    },
    FREEZE(State.PRISTINE, State.RESTING, State.IN_SYSTEM_CALL, State.WAITING) {
      @Override
      State apply(Vm vm, MachineImage image) {
        State before = vm.context().state();
        vm.freeze().close();
        return before;
      }
    },
    SAY_RESTORED(State.RESTORING) {
      @Override
      State apply(Vm vm, MachineImage image) {
        vm.restored(image);
        return State.PRISTINE;
      }
    };

    @SuppressWarnings("ImmutableEnumChecker") // no code changes it
    private final Set<State> allowed;

    Operation(State first, State... others) {
      allowed = EnumSet.of(first, others);
    }

    /**
     * Does it.
     *
     * @return the state that has to follow
     */
    abstract State apply(Vm vm, MachineImage image);
  }

  private Vm in(State state) {
    Vm vm = platform.spawn(image, MachineOptions.DEFAULT);
    Context context = vm.context();
    switch (state) {
      case PRISTINE -> {}
      case RESTING -> {
        assertThat(ProbeCode.call(vm, 0)).isNull();
        context.resume();
        assertThat(context.run()).isNull();
      }
      case READY -> {
        context.setFrameLong(CallFrame.TARGET, ProbeCode.CODE);
        context.setFrameLong(CallFrame.INTEGER_ARGUMENTS, 0);
        context.enterGate();
      }
      case IN_SYSTEM_CALL -> assertThat(ProbeCode.call(vm, 0)).isNull();
      case WAITING -> {
        assertThat(ProbeCode.call(vm, 0)).isNull();
        context.waitForInput();
      }
      case TRAPPED ->
          assertThat(ProbeCode.call(vm, FAULT)).isInstanceOf(Trap.ProcessorException.class);
      case RESTORING -> {
        assertThat(vm.canBeRestored(image)).isTrue();
        vm.restore(image);
      }
      case ENDED -> vm.close();
      case RUNNING -> throw new IllegalArgumentException("only an error leaves a context there");
    }
    assertThat(context.state()).isEqualTo(state);
    return vm;
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "RUNNING")
  void doesWhatItsStateAllowsAndRefusesAllElseUnchanged(State state) {
    for (Operation operation : Operation.values()) {
      try (Vm vm = in(state)) {
        if (operation.allowed.contains(state)) {
          State expected = operation.apply(vm, image);
          assertThat(vm.context().state()).as("%s", operation).isEqualTo(expected);
        } else {
          assertThatThrownBy(() -> operation.apply(vm, image))
              .as("%s", operation)
              .isInstanceOf(IllegalStateException.class);
          assertThat(vm.context().state()).as("%s", operation).isEqualTo(state);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"RUNNING", "ENDED"})
  void isAsANewOneAfterARestoreFromAnyState(State state) {
    try (Vm vm = in(state)) {
      assertThat(vm.restoreTo(image)).isTrue();
      assertThat(vm.context().state()).isEqualTo(State.PRISTINE);
      assertThat(ProbeCode.call(vm, 0)).isNull();
    }
  }

  @Test
  void cannotBeRestoredOnceItHasEnded() {
    Vm vm = in(State.ENDED);
    assertThat(vm.restoreTo(image)).isFalse();
    assertThatCode(vm::close).doesNotThrowAnyException();
  }

  @Test
  void waitsInAnImageOfOneThatWaits() {
    for (State state : List.of(State.WAITING, State.IN_SYSTEM_CALL)) {
      try (Vm vm = in(state);
          MachineImage waiting = vm.freeze();
          Vm spawned = platform.spawn(waiting, MachineOptions.DEFAULT)) {
        for (int round = 0; round < 3; round++) {
          assertThat(spawned.context().state()).isEqualTo(State.WAITING);
          spawned.context().answer(7);
          spawned.context().resume();
          assertThat(spawned.context().run()).isNull();
          assertThat(spawned.context().state()).isEqualTo(State.RESTING);
          assertThat(spawned.context().argument(0)).isEqualTo(7);
          assertThat(spawned.restoreTo(waiting)).isTrue();
        }
      }
    }
  }
}
