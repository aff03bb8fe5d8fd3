package io.hyperlight.internal.linux.task;

import io.hyperlight.internal.linux.base.CallOutcome;
import io.hyperlight.internal.linux.fd.WorldFiles;
import io.hyperlight.internal.linux.futex.FutexQueue;
import io.hyperlight.internal.linux.limits.HeapBudget;
import io.hyperlight.internal.linux.random.RandomSource;
import io.hyperlight.internal.linux.time.GuestClock;
import io.hyperlight.internal.linux.wait.Deadline;
import io.hyperlight.internal.linux.wait.TimerQueue;
import io.hyperlight.internal.linux.wait.WaitClock;
import io.hyperlight.internal.machine.Context;
import io.hyperlight.internal.machine.Vdso;
import io.hyperlight.internal.os.Checkpoint;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * All that runs in one sandbox: its processes, and what they share. They are limited, snapshotted,
 * restored and ended together.
 */
public final class World {
  private final Context context;
  private final WorldOptions options;
  private final GuestClock clock;
  private final @Nullable Vdso vdso;
  private final RandomSource random;
  private final HeapBudget heap;
  private final WorldFiles files;
  private final TimerQueue timers;
  private final Scheduler scheduler;
  private final FutexQueue futexes;
  private final CallOutcome outcome = new CallOutcome();

  /** The processor time of the process, in nanoseconds. */
  private LongSupplier processorNanos = () -> 0;

  /**
   * Creates a world without processes.
   *
   * @param vdso null if the host must not write its numbers, or it has none
   */
  public World(
      Context context,
      WorldOptions options,
      GuestClock clock,
      @Nullable Vdso vdso,
      RandomSource random,
      HeapBudget heap,
      WorldFiles files) {
    this.context = context;
    this.options = options;
    this.clock = clock;
    this.vdso = vdso;
    this.random = random;
    this.heap = heap;
    this.files = files;
    timers = new TimerQueue(new Clocks(), context.call());
    files.useTimers(timers);
    scheduler = new Scheduler(context, clock, timers, options.turns(), options.processors());
    futexes = new FutexQueue(context.call());
    heap.addUser(futexes::heapBytes);
  }

  /** All clocks by which its tasks wait. */
  private final class Clocks implements WaitClock {
    @Override
    public long nanos(Deadline.Clock of) {
      return of == Deadline.Clock.PROCESSOR ? processorNanos.getAsLong() : clock.nanos(of);
    }

    @Override
    public boolean isEmbedders() {
      return clock.isEmbedders();
    }
  }

  /** Sets what returns the processor time of the process, in nanoseconds. */
  void measureBy(LongSupplier nanos) {
    processorNanos = nanos;
  }

  /** Returns the first context of its VM, which knows what all of them have in common. */
  public Context context() {
    return context;
  }

  /** Returns all timers of its tasks. */
  public TimerQueue timers() {
    return timers;
  }

  /** Returns what decides which task runs. */
  public Scheduler scheduler() {
    return scheduler;
  }

  /** Returns who waits for futexes. */
  public FutexQueue futexes() {
    return futexes;
  }

  /** Returns what the running system call leads to. */
  public CallOutcome outcome() {
    return outcome;
  }

  public GuestClock clock() {
    return clock;
  }

  /** Returns the vDSO; null if the host must not write its numbers, or there is none. */
  public @Nullable Vdso vdso() {
    return vdso;
  }

  public RandomSource random() {
    return random;
  }

  /** Returns the budget of the Java heap for this world. */
  public HeapBudget heap() {
    return heap;
  }

  public WorldFiles files() {
    return files;
  }

  /**
   * Returns the checkpoint, where the running call can be ended. Every loop whose length a guest
   * chooses passes it.
   */
  public Checkpoint checkpoint() {
    return context.call();
  }

  /** Returns the embedder's decisions about this world. */
  public WorldOptions options() {
    return options;
  }
}
