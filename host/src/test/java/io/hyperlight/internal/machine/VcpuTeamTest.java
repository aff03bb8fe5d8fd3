package io.hyperlight.internal.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.internal.host.HostPlatform;
import io.hyperlight.internal.machine.Context.State;
import io.hyperlight.internal.machine.arch.MachineOptions;
import io.hyperlight.internal.machine.arch.Trap;
import io.hyperlight.internal.machine.x86.MachineCode;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Contexts that run on several vCPUs at the same time, move among them, are stopped at random
 * moments, frozen, and go on in this VM or another one.
 */
class VcpuTeamTest {
  private static final int PROCESSORS = 2;
  private static final int CONTEXTS = 5;

  /** How many exits are seen. The hardware lane has fewer. */
  private static final int EXITS = Integer.getInteger("hyperlight.test.switches", 1000);

  private static final long MINUTES = 600_000_000_000L;
  private static final MachineOptions OPTIONS = new MachineOptions(false, false, PROCESSORS);

  private final Platform platform = HostPlatform.get();
  private final Call call = new Call(Call.UNLIMITED);
  private volatile boolean done;
  private final Thread kicker = new Thread(this::kick);
  private Vm vm = platform.create(SelfTest.MEMORY, OPTIONS);

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

  private void start(MachineCode code, int contexts) {
    ProbeCode.load(vm, code);
    vm.runFor(call);
    assertThat(ProbeCode.call(vm)).isNull();
    Context main = vm.context();
    for (int i = 1; i < contexts; i++) {
      Context child = main.fork();
      child.answer(i);
      child.resume();
    }
    main.answer(0);
    main.resume();
    main.park();
  }

  private VcpuTeam team() {
    return Objects.requireNonNull(vm.team());
  }

  /** Runs all contexts in turn, on whatever vCPU is free, until there were enough exits. */
  private final class Turns implements VcpuTeam.Work {
    private final VcpuTeam team = team();
    private final Deque<Context> ready = new ArrayDeque<>();
    private final Random random;
    private final boolean preempts;
    private final long[] last = new long[CONTEXTS];
    private int left;
    int preempted;

    Turns(int exits, int seed, boolean preempts) {
      left = exits;
      random = new Random(seed);
      this.preempts = preempts;
      ready.addAll(vm.contexts());
    }

    @Override
    public boolean hasEvent() {
      return false;
    }

    private @Nullable Context next(int processor) {
      Context found = null;
      for (Context context : ready) {
        if (context.canGoTo(processor)) {
          found = context;
          if (random.nextBoolean()) {
            break;
          }
        }
      }
      ready.remove(found);
      return found;
    }

    @Override
    public void runOn(int processor) {
      while (!team.isStopping()) {
        Context context = next(processor);
        if (context == null) {
          team.idle(processor, 1_000_000);
          continue;
        }
        context.unparkOn(processor);
        if (context.state() == State.TRAPPED) {
          context.resumeStopped();
        } else if (context.state() != State.READY) {
          context.answer(ContextCode.ANSWER);
          context.resume();
        }
        if (preempts) {
          context.preemptAt(System.nanoTime());
        }
        Trap trap = context.run();
        if (trap == null) {
          assertThat(context.argument(1)).isEqualTo(context.number());
          assertThat(context.argument(0)).isGreaterThan(last[context.number()]);
          last[context.number()] = context.argument(0);
        } else {
          assertThat(trap).isInstanceOf(Trap.Preempted.class);
          preempted++;
        }
        context.park();
        ready.add(context);
        team.wakeOne(0);
        if (--left <= 0) {
          team.stop();
        }
      }
    }
  }

  @Test
  void contextsThatMakeCallsMoveAmongVcpusAndKeepTheirState() {
    start(ContextCode.calling(), CONTEXTS);
    Turns turns = new Turns(EXITS, 1, false);
    team().run(turns);
    assertThat(turns.left).isNotPositive();
    for (long last : turns.last) {
      assertThat(last).isPositive();
    }
  }

  @Test
  void contextsThatAreStoppedAnywhereMoveAmongVcpusAndKeepTheirState() {
    start(ContextCode.spinning(), CONTEXTS);
    Turns turns = new Turns(EXITS, 1, true);
    team().run(turns);
    assertThat(turns.preempted).isGreaterThanOrEqualTo(EXITS);
  }

  @Test
  void contextsOfATeamAreFrozenAndGoOnInAnotherVmAndInThisOne() {
    start(ContextCode.spinning(), CONTEXTS);
    Random random = new Random(3);
    for (int i = 0; i < 12; i++) {
      team().run(new Turns(EXITS / 40, i, true));
      Vm before = vm;
      MachineOptions options = random.nextBoolean() ? OPTIONS : MachineOptions.DEFAULT;
      try (MachineImage image = before.freeze();
          Vm other = platform.spawn(image, options)) {
        other.runFor(call);
        goOn(other.context(i % CONTEXTS));
        vm = platform.spawn(image, OPTIONS);
        vm.runFor(call);
        for (int round = 0; round < 2; round++) {
          team().run(new Turns(EXITS / 100, i, true));
          assertThat(vm.restoreTo(image)).isTrue();
        }
      }
      before.close();
    }
  }

  private static void goOn(Context context) {
    if (context.isParked()) {
      context.unpark();
    }
    if (context.state() == State.TRAPPED) {
      context.resumeStopped();
    }
    context.preemptAt(System.nanoTime());
    assertThat(context.run()).isInstanceOf(Trap.Preempted.class);
  }

  /** Returns code of which two contexts hand a number to and fro without a system call. */
  static MachineCode handingOver() {
    return new MachineCode()
        .add("mov $1000, %eax", 0xb8, 0xe8, 0x03, 0x00, 0x00)
        .add("syscall", 0x0f, 0x05)
        .add("mov %eax, %edx", 0x89, 0xc2)
        .label("1")
        .add("pause", 0xf3, 0x90)
        .add("mov 0x30000, %ecx", 0x8b, 0x0c, 0x25, 0x00, 0x00, 0x03, 0x00)
        .add("cmp $1000, %ecx", 0x81, 0xf9, 0xe8, 0x03, 0x00, 0x00)
        .add("jae 2f", 0x73, 0x14)
        .add("mov %ecx, %eax", 0x89, 0xc8)
        .add("and $1, %eax", 0x83, 0xe0, 0x01)
        .add("cmp %eax, %edx", 0x39, 0xc2)
        .add("jne 1b", 0x75, 0xe6)
        .add("inc %ecx", 0xff, 0xc1)
        .add("mov %ecx, 0x30000", 0x89, 0x0c, 0x25, 0x00, 0x00, 0x03, 0x00)
        .add("jmp 1b", 0xeb, 0xdb)
        .label("2")
        .add("mov $39, %eax", 0xb8, 0x27, 0x00, 0x00, 0x00)
        .add("syscall", 0x0f, 0x05);
  }

  /** One alone would never end. */
  @Test
  void twoContextsRunAtTheSameTime() {
    start(handingOver(), 2);
    Set<Integer> arrived = new HashSet<>();
    VcpuTeam team = team();
    team.run(
        new VcpuTeam.Work() {
          @Override
          public boolean hasEvent() {
            return false;
          }

          @Override
          public void runOn(int processor) {
            Context context = vm.context(processor - 1);
            context.unparkOn(processor);
            assertThat(context.run()).isNull();
            arrived.add(processor);
            if (arrived.size() == PROCESSORS) {
              team.stop();
            }
            while (!team.isStopping()) {
              team.idle(processor, Long.MAX_VALUE);
            }
          }
        });
    assertThat(arrived).hasSize(PROCESSORS);
  }

  @Test
  void anErrorOnAThreadOfTheTeamStopsTheOthersAndIsThrown() {
    start(ContextCode.spinning(), 2);
    VcpuTeam team = team();
    assertThatThrownBy(() ->
            team.run(
                new VcpuTeam.Work() {
                  @Override
                  public boolean hasEvent() {
                    return false;
                  }

                  @Override
                  public void runOn(int processor) {
                    if (processor == 2) {
                      throw new StackOverflowError("as if");
                    }
                    Context context = vm.context();
                    context.unparkOn(processor);
                    assertThat(context.run()).isInstanceOf(Trap.Preempted.class);
                  }
                }))
        .isInstanceOf(StackOverflowError.class)
        .hasMessage("as if");
  }

  @Test
  void aStopReachesGuestsOfAllVcpus() throws InterruptedException {
    start(ContextCode.spinning(), 2);
    VcpuTeam team = team();
    Thread stopper = new Thread(() -> call.stop(Stop.INTERRUPTED));
    team.run(
        new VcpuTeam.Work() {
          private int runs;

          @Override
          public boolean hasEvent() {
            return false;
          }

          @Override
          public void runOn(int processor) {
            Context context = vm.context(processor - 1);
            context.unparkOn(processor);
            if (++runs == PROCESSORS) {
              stopper.start();
            }
            assertThat(context.run()).isInstanceOf(Trap.Stopped.class);
            assertThat(context.isResumable()).isTrue();
          }
        });
    stopper.join();
    assertThat(call.stopped()).isEqualTo(Stop.INTERRUPTED);
  }

  @Test
  void theThreadOfTheCallRunsWhatThreadsOfTheTeamAskFor() {
    start(ContextCode.calling(), 2);
    VcpuTeam team = team();
    Set<Thread> ran = new HashSet<>();
    team.run(
        new VcpuTeam.Work() {
          @Override
          public boolean hasEvent() {
            return false;
          }

          @Override
          public void runOn(int processor) {
            try {
              team.atCaller(() -> ran.add(Thread.currentThread()));
            } catch (Exception e) {
              throw new IllegalStateException(e);
            }
            if (processor == 1) {
              team.stop();
            }
            while (!team.isStopping()) {
              team.idle(processor, Long.MAX_VALUE);
            }
          }
        });
    assertThat(ran).containsExactly(Thread.currentThread());
  }
}
