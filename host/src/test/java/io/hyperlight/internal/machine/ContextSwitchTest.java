package io.hyperlight.internal.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.hyperlight.internal.host.HostPlatform;
import io.hyperlight.internal.hypervisor.x86.Register;
import io.hyperlight.internal.machine.Context.State;
import io.hyperlight.internal.machine.arch.FaultKind;
import io.hyperlight.internal.machine.arch.MachineOptions;
import io.hyperlight.internal.machine.arch.Trap;
import io.hyperlight.internal.machine.x86.MachineCode;
import io.hyperlight.internal.machine.x86.Monitor;
import io.hyperlight.internal.machine.x86.SystemCallEntry;
import io.hyperlight.internal.machine.x86.X86Processor;
import io.hyperlight.internal.machine.x86.X86Registers;
import io.hyperlight.internal.os.StoppedException;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Contexts that are stopped at random moments, frozen, and go on in this VM or another one. Their
 * code notices any change of their state.
 */
class ContextSwitchTest {
  private static final int CONTEXTS = 3;

  /** How often a context is stopped. The hardware lane has fewer. */
  private static final int SWITCHES = Integer.getInteger("hyperlight.test.switches", 1000);

  private static final long AVX = 1 << 2;
  private static final long AVX_512 = 7 << 5;
  private static final long CODE_END = ProbeCode.CODE + 0x1000;
  private static final long MINUTES = 600_000_000_000L;

  private final Platform platform = HostPlatform.get();
  private final Random random = new Random(1);
  private final Call call = new Call(Call.UNLIMITED);
  private volatile boolean done;
  private final Thread kicker = new Thread(this::kick);
  private Vm vm = platform.create(SelfTest.MEMORY);

  @BeforeEach
  void begin() {
    call.begin(Thread.currentThread(), MINUTES);
    kicker.start();
  }

  @AfterEach
  void end() throws InterruptedException {
    done = true;
    kicker.join();
    call.end();
    call.close();
    vm.close();
  }

  /** Preempts as soon as that is wanted, as the watchdog does more seldom. */
  private void kick() {
    Random pauses = new Random(2);
    while (!done) {
      for (int i = pauses.nextInt(20_000); i > 0; i--) {
        Thread.onSpinWait();
      }
      call.preempt(System.nanoTime());
    }
  }

  private static boolean has(long components) {
    return (HostPlatform.get().kind().features().xcr0() & components) == components;
  }

  private void start(MachineCode code) {
    ProbeCode.load(vm, code);
    vm.runFor(call);
    assertThat(ProbeCode.call(vm)).isNull();
    Context main = vm.context();
    for (int i = 1; i < CONTEXTS; i++) {
      Context child = main.fork();
      child.answer(i);
      child.resume();
    }
    main.answer(0);
    main.resume();
    main.park();
  }

  /** Runs a context for some time. */
  private @Nullable Trap run(Context context) {
    ((X86Processor) vm.processor()).switchSlowly(random.nextInt(4) == 0);
    context.unpark();
    if (context.state() == State.TRAPPED) {
      context.resumeStopped();
    } else if (context.state() == State.IN_SYSTEM_CALL || context.state() == State.WAITING) {
      context.answer(ContextCode.ANSWER);
      context.resume();
    }
    context.preemptAt(System.nanoTime());
    return context.run();
  }

  /** Goes on in another VM. */
  private void move() {
    Vm before = vm;
    try (MachineImage image = before.freeze()) {
      vm = platform.spawn(image, MachineOptions.DEFAULT);
      if (random.nextBoolean()) {
        assertThat(vm.restoreTo(image)).isTrue();
      }
    }
    before.close();
    vm.runFor(call);
  }

  private void switchOften(MachineCode code, int switches) {
    start(code);
    int preempted = 0;
    long[] last = new long[CONTEXTS];
    for (int i = 0; preempted < switches; i++) {
      int number = random.nextInt(CONTEXTS);
      Context context = vm.context(number);
      Trap trap = run(context);
      if (trap == null) {
        assertThat(context.argument(1)).isEqualTo(number);
        assertThat(context.argument(0)).isEqualTo(++last[number]);
      } else {
        assertThat(trap).isInstanceOf(Trap.Preempted.class);
        assertThat(instructionPointer(context)).isBetween(ProbeCode.CODE, CODE_END);
        preempted++;
      }
      context.park();
      if (i % 16 == 0) {
        move();
      }
    }
    for (Context context : vm.contexts()) {
      assertThat(context.registers().byName().getOrDefault("RBX", 0L)).isPositive();
    }
  }

  private static long instructionPointer(Context context) {
    return ((X86Registers) context.registers()).get(Register.RIP);
  }

  /**
   * A C library looks at the place that a signal interrupts, to find out whether a thread has begun
   * to wait.
   */
  @Test
  void aCallThatHasNotLeftTheStubIsMadeAgain() {
    assumeTrue(
        HostPlatform.get().kind().entry() == SystemCallEntry.USER, "here the stub is user code");
    start(waiting());
    Context context = vm.context();
    Trap _ = run(context); // its state gets into the vCPU
    long stub = Monitor.systemCallStubAddress(SystemCallEntry.USER);
    long next = ProbeCode.CODE + 7;
    int takenBack = 0;
    for (int i = 0; takenBack < SWITCHES / 20; i++) {
      long place = i % 2 == 0 ? stub : stub + Monitor.OUT_LENGTH;
      var registers = (X86Registers) context.registers();
      context.resumeAt(registers.with(Register.RIP, place).with(Register.RCX, next));
      context.preemptAt(System.nanoTime());
      if (context.run() instanceof Trap.Preempted) {
        assertThat(instructionPointer(context)).isEqualTo(i % 2 == 0 ? next - 2 : next);
        takenBack++;
      }
    }
  }

  /** Returns code that stays behind its system call. */
  static MachineCode waiting() {
    return new MachineCode()
        .addWithInt("mov $0x%x, %%eax", ContextCode.BEGIN, 0xb8)
        .add("syscall", 0x0f, 0x05)
        .label("1")
        .add("jmp 1b", 0xeb, 0xfe);
  }

  @Test
  void contextsThatComputeKeepTheirState() {
    assumeTrue(has(AVX));
    switchOften(ContextCode.spinning(), SWITCHES);
  }

  @Test
  void contextsThatMakeSystemCallsKeepTheirState() {
    assumeTrue(has(AVX));
    switchOften(ContextCode.calling(), SWITCHES / 3);
  }

  @Test
  void contextsKeepTheirAvx512Registers() {
    assumeTrue(has(AVX_512));
    switchOften(ContextCode.wide(), SWITCHES / 3);
  }

  /** Returns code that writes to a page that is not mapped, except in the main context. */
  static MachineCode faulting() {
    return new MachineCode()
        .addWithInt("mov $0x%x, %%eax", ContextCode.BEGIN, 0xb8)
        .add("syscall", 0x0f, 0x05)
        .add("test %eax, %eax", 0x85, 0xc0)
        .add("jz 2f", 0x74, 0x0a)
        .label("1")
        .addWithInt("mov %%rbx, 0x%x", 0x9_0000, 0x48, 0x89, 0x1c, 0x25)
        .add("jmp 1b", 0xeb, 0xf6)
        .label("2")
        .add("inc %rbx", 0x48, 0xff, 0xc3)
        .add("jmp 2b", 0xeb, 0xfb);
  }

  @Test
  void aFaultOnItsWayDoesNotReachAnotherContext() {
    start(faulting());
    int preempted = 0;
    for (int i = 0; preempted < SWITCHES / 3 || i < SWITCHES; i++) {
      int number = random.nextInt(CONTEXTS);
      Context context = vm.context(number);
      Trap trap = run(context);
      if (trap instanceof Trap.ProcessorException fault) {
        assertThat(number).isPositive();
        assertThat(fault.kind()).isEqualTo(FaultKind.MEMORY_ACCESS);
        assertThat(fault.address()).isEqualTo(0x9_0000);
        context.resumeAt(fault.registers());
      } else {
        assertThat(trap).isInstanceOf(Trap.Preempted.class);
        preempted++;
      }
      context.park();
    }
  }

  @Test
  void contextsWhoseCallWasStoppedGoOnInAnotherVm() throws InterruptedException {
    start(faulting());
    for (int i = 0; i < SWITCHES / 8; i++) {
      Context context = vm.context(random.nextInt(CONTEXTS));
      CountDownLatch running = new CountDownLatch(1);
      int pause = random.nextInt(50_000);
      Thread stopper = Thread.ofPlatform().start(() -> stopSoon(running, pause));
      running.countDown();
      runUntilStopped(context);
      stopper.join();
      call.end();
      call.begin(Thread.currentThread(), MINUTES);
      context.park();
      move();
    }
    vm.context().unpark();
    assertThat(vm.context().registers().byName().getOrDefault("RBX", 0L)).isPositive();
  }

  private void runUntilStopped(Context context) {
    try {
      Trap trap = run(context);
      while (!(trap instanceof Trap.Stopped)) {
        if (trap instanceof Trap.ProcessorException fault) {
          context.resumeAt(fault.registers());
        } else {
          context.resumeStopped();
        }
        trap = context.run();
      }
    } catch (StoppedException _) {
      // The host was looking what is behind a fault.
    }
  }

  private void stopSoon(CountDownLatch running, int pause) {
    try {
      running.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    for (int i = pause; i > 0; i--) {
      Thread.onSpinWait();
    }
    assertThat(call.stop(Stop.INTERRUPTED)).isTrue();
  }

  /** Returns code that sets TF in all contexts but the main one, and then counts. */
  static MachineCode stepping() {
    return new MachineCode()
        .addWithInt("mov $0x%x, %%eax", ContextCode.BEGIN, 0xb8)
        .add("syscall", 0x0f, 0x05)
        .label("1")
        .add("inc %rbx", 0x48, 0xff, 0xc3)
        .add("jmp 1b", 0xeb, 0xfb);
  }

  @Test
  void aContextThatIsSteppedGoesOnByOneInstruction() {
    start(stepping());
    Context stepped = vm.context(1);
    long trapFlag = 1 << 8;
    stepped.unpark();
    stepped.preemptAt(System.nanoTime());
    assertThat(stepped.run()).isInstanceOf(Trap.Preempted.class);
    stepped.park();
    var registers = (X86Registers) stepped.registers();
    var flags = Register.RFLAGS;
    stepped.resumeAt(registers.with(flags, registers.get(flags) | trapFlag));
    for (int i = 0; i < 20; i++) {
      stepped.unpark();
      Trap trap = stepped.run();
      assertThat(trap)
          .isInstanceOfSatisfying(
              Trap.ProcessorException.class,
              fault -> assertThat(fault.kind()).isEqualTo(FaultKind.SINGLE_STEP));
      assertThat(trap).isNotNull();
      stepped.resumeAt(Objects.requireNonNull(trap).registers());
      stepped.park();
      Context other = vm.context(2);
      assertThat(run(other)).isInstanceOf(Trap.Preempted.class);
      other.park();
    }
  }
}
