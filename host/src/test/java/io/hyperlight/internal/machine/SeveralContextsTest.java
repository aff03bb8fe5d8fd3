package io.hyperlight.internal.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.internal.host.HostPlatform;
import io.hyperlight.internal.machine.Context.State;
import io.hyperlight.internal.machine.arch.MachineOptions;
import io.hyperlight.internal.machine.arch.Trap;
import io.hyperlight.internal.machine.memory.GuestMemoryExhaustedException;
import io.hyperlight.internal.machine.x86.MachineCode;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Several contexts of a VM, of which one at a time is on the vCPU. */
class SeveralContextsTest {
  private static final int FORK = 1000;

  private final Platform platform = HostPlatform.get();

  /**
   * Returns code that makes a system call, and then counts: XMM1 has the number of the context, and
   * each system call tells the counter in RDI and XMM1 in RSI.
   */
  static MachineCode counter() {
    return new MachineCode()
        .addWithInt("mov $0x%x, %%eax", FORK, 0xb8)
        .add("syscall", 0x0f, 0x05)
        .add("movq %rax, %xmm1", 0x66, 0x48, 0x0f, 0x6e, 0xc8)
        .add("xor %ebx, %ebx", 0x31, 0xdb)
        .label("1")
        .add("inc %rbx", 0x48, 0xff, 0xc3)
        .add("mov %rbx, %rdi", 0x48, 0x89, 0xdf)
        .add("movq %xmm1, %rsi", 0x66, 0x48, 0x0f, 0x7e, 0xce)
        .addWithInt("mov $0x%x, %%eax", 39, 0xb8)
        .add("syscall", 0x0f, 0x05)
        .add("jmp 1b", 0xeb, 0xec);
  }

  private Vm withCounters() {
    Vm vm = platform.create(SelfTest.MEMORY);
    ProbeCode.load(vm, counter());
    assertThat(ProbeCode.call(vm)).isNull();
    return vm;
  }

  private static void answerAndCheck(Context context, long counter, long number) {
    context.answer(0);
    context.resume();
    assertThat(context.run()).isNull();
    assertThat(context.state()).isEqualTo(State.IN_SYSTEM_CALL);
    assertThat(List.of(context.argument(0), context.argument(1))).containsExactly(counter, number);
  }

  @Test
  void eachContextHasItsOwnGeneralAndVectorRegisters() {
    try (Vm vm = withCounters()) {
      Context main = vm.context();
      Context second = main.fork();
      Context third = main.fork();
      assertThat(main.callNumber()).isEqualTo(FORK);
      assertThat(second.callNumber()).isEqualTo(FORK);
      start(main, 7);
      main.park();
      second.unpark();
      start(second, 8);
      second.park();
      third.unpark();
      start(third, 9);
      for (int i = 2; i < 50; i++) {
        answerAndCheck(third, i, 9);
        third.park();
        main.unpark();
        answerAndCheck(main, i, 7);
        main.park();
        second.unpark();
        answerAndCheck(second, i, 8);
        second.park();
        third.unpark();
      }
      third.exit();
      assertThat(third.state()).isEqualTo(State.ENDED);
      main.unpark();
      answerAndCheck(main, 50, 7);
      assertThat(vm.contexts()).containsExactly(main, second);
    }
  }

  private static void start(Context context, long number) {
    context.answer(number);
    context.resume();
    assertThat(context.run()).isNull();
    assertThat(List.of(context.argument(0), context.argument(1))).containsExactly(1L, number);
  }

  @Test
  void parkedContextsAreReadAndAnswered() {
    try (Vm vm = withCounters()) {
      Context main = vm.context();
      Context second = main.fork();
      start(main, 7);
      second.answer(9);
      second.setStackPointer(0x1234_5678);
      second.setThreadPointer(0x4321_0000);
      second.resume();
      assertThat(second.state()).isEqualTo(State.READY);
      main.park();
      second.unpark();
      assertThat(second.run()).isNull();
      assertThat(second.argument(1)).isEqualTo(9);
      assertThat(second.stackPointer()).isEqualTo(0x1234_5678);
      second.park();
      assertThat(second.registers().stackPointer()).isEqualTo(0x1234_5678);
      assertThat(second.argument(1)).isEqualTo(9);
      assertThatIllegalStateException().isThrownBy(second::run);
      main.unpark();
      assertThatIllegalStateException().isThrownBy(second::unpark);
      answerAndCheck(main, 2, 7);
    }
  }

  @Test
  void allContextsAreFrozenAndGoOnInAnotherVm() {
    try (Vm vm = withCounters()) {
      Context second = vm.context().fork();
      start(vm.context(), 7);
      vm.context().park();
      second.unpark();
      start(second, 8);
      try (MachineImage image = vm.freeze();
          Vm spawned = platform.spawn(image, MachineOptions.DEFAULT)) {
        for (int round = 0; round < 2; round++) {
          Context main = spawned.context();
          Context other = Objects.requireNonNull(spawned.context(1));
          assertThat(other.isParked()).isFalse();
          Context made = other.fork();
          answerAndCheck(other, 2, 8);
          other.park();
          main.unpark();
          answerAndCheck(main, 2, 7);
          main.park();
          made.unpark();
          answerAndCheck(made, 2, 8);
          assertThat(spawned.restoreTo(image)).isTrue();
          assertThat(spawned.contexts()).hasSize(2);
        }
      }
      answerAndCheck(second, 2, 8);
    }
  }

  @Test
  void aContextOfAVirtualThreadIsPreemptedToo() throws Exception {
    FutureTask<Void> preempting = new FutureTask<>(this::aPreemptedContextGoesOn, null);
    Thread.ofVirtual().start(preempting);
    preempting.get();
  }

  @Test
  void aPreemptedContextGoesOn() {
    try (Vm vm = platform.create(SelfTest.MEMORY);
        Call call = new Call(Call.UNLIMITED)) {
      ProbeCode.load(
          vm,
          new MachineCode().label("1").add("inc %rbx", 0x48, 0xff, 0xc3).add("jmp 1b", 0xeb, 0xfb));
      vm.runFor(call);
      call.begin(Thread.currentThread(), 60_000_000_000L);
      vm.context().preemptAt(System.nanoTime());
      Trap trap = ProbeCode.call(vm);
      long last = 0;
      for (int i = 0; i < 20; i++) {
        assertThat(trap).isInstanceOf(Trap.Preempted.class);
        long counter = vm.context().registers().byName().getOrDefault("RBX", 0L);
        assertThat(counter).isGreaterThanOrEqualTo(last);
        last = counter;
        vm.context().preemptAt(System.nanoTime());
        vm.context().resumeStopped();
        trap = vm.context().run();
      }
      assertThat(last).isPositive();
      assertThatThrownBy(() -> vm.context().resume()).isInstanceOf(IllegalStateException.class);
      call.end();
    }
  }

  @Test
  void aGuestWithoutExitsHasOneContext() {
    try (Vm original = withCounters();
        MachineImage image = original.freeze();
        Vm vm = platform.spawn(image, new MachineOptions(false, true))) {
      assertThatThrownBy(() -> vm.context().fork())
          .isInstanceOfSatisfying(
              ContextsRefusedException.class,
              e -> assertThat(e.reason()).isEqualTo(ContextsRefusedException.Reason.EXITLESS));
      assertThatIllegalStateException().isThrownBy(() -> vm.context().park());
      vm.context().preemptAt(System.nanoTime()); // has no effect
    }
  }

  @Test
  void theNumberOfContextsIsLimitedByMemory() {
    try (Vm vm = withCounters()) {
      Context main = vm.context();
      assertThatThrownBy(
              () -> {
                while (true) {
                  main.fork();
                }
              })
          .isInstanceOf(GuestMemoryExhaustedException.class);
      Context last = vm.contexts().getLast();
      int number = last.number();
      assertThat(number).isPositive();
      last.exit();
      assertThat(main.fork().number()).isEqualTo(number);
      start(main, 7);
    }
  }

  @Test
  void theNumberOfContextsIsLimited() {
    try (Vm vm = platform.create(16 << 20)) {
      ProbeCode.load(vm, counter());
      assertThat(ProbeCode.call(vm)).isNull();
      Context main = vm.context();
      for (int i = 1; i < vm.maximumContexts(); i++) {
        assertThat(main.fork().number()).isEqualTo(i);
      }
      assertThatThrownBy(main::fork)
          .isInstanceOfSatisfying(
              ContextsRefusedException.class,
              e -> assertThat(e.reason()).isEqualTo(ContextsRefusedException.Reason.TOO_MANY));
      start(main, 7);
      Context last = vm.contexts().getLast();
      main.park();
      last.unpark();
      start(last, 9);
    }
  }

  @Test
  void onlyAStoppedContextGoesOnWhereItWasStopped() {
    try (Vm vm = withCounters()) {
      Context main = vm.context();
      Context child = main.fork();
      assertThatIllegalStateException().isThrownBy(main::resumeStopped);
      assertThatIllegalStateException().isThrownBy(child::resumeStopped);
      assertThatIllegalStateException().isThrownBy(() -> main.setStackPointer(0));
      assertThatIllegalStateException().isThrownBy(child::park);
      child.exit();
      assertThatIllegalStateException().isThrownBy(child::unpark);
      assertThatIllegalStateException().isThrownBy(child::exit);
      assertThatIllegalStateException().isThrownBy(child::fork);
      main.exit();
      assertThat(main.isParked()).isTrue();
      assertThatIllegalStateException().isThrownBy(main::run);
    }
  }

  /** Ends of calls and kicks to preempt come at the same time. */
  @Test
  void aCallEndsInTimeHoweverOftenItIsPreempted() throws InterruptedException {
    AtomicBoolean done = new AtomicBoolean();
    try (Vm vm = platform.create(SelfTest.MEMORY);
        Call call = new Call(Call.UNLIMITED)) {
      ProbeCode.load(
          vm,
          new MachineCode().label("1").add("inc %rbx", 0x48, 0xff, 0xc3).add("jmp 1b", 0xeb, 0xfb));
      vm.runFor(call);
      Thread kicker =
          Thread.ofPlatform()
              .start(() -> {
                while (!done.get()) {
                  call.preemptAt(System.nanoTime());
                  call.preempt(System.nanoTime());
                }
              });
      Trap trap = null;
      for (int i = 0; i < 200; i++) {
        call.begin(Thread.currentThread(), 60_000_000_000L);
        Thread stopper =
            Thread.ofPlatform().start(() -> assertThat(call.stop(Stop.INTERRUPTED)).isTrue());
        if (i == 0) {
          trap = ProbeCode.call(vm);
        } else {
          vm.context().resumeStopped();
          trap = vm.context().run();
        }
        while (trap instanceof Trap.Preempted) {
          vm.context().resumeStopped();
          trap = vm.context().run();
        }
        assertThat(trap).isInstanceOf(Trap.Stopped.class);
        assertThat(call.stopped()).isEqualTo(Stop.INTERRUPTED);
        stopper.join();
        call.end();
      }
      done.set(true);
      kicker.join();
      assertThat(vm.context().registers().byName().getOrDefault("RBX", 0L)).isPositive();
    }
  }
}
