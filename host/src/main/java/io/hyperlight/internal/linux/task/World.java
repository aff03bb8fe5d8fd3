package io.hyperlight.internal.linux.task;

import io.hyperlight.internal.linux.fd.WorldFiles;
import io.hyperlight.internal.linux.limits.HeapBudget;
import io.hyperlight.internal.linux.random.RandomSource;
import io.hyperlight.internal.linux.time.GuestClock;
import io.hyperlight.internal.linux.time.WaitQueue;
import io.hyperlight.internal.linux.wait.TimerQueue;
import io.hyperlight.internal.machine.Context;
import io.hyperlight.internal.os.Checkpoint;

/**
 * All that runs in one sandbox: its processes, and what they share. They are limited, snapshotted,
 * restored and ended together.
 */
public final class World {
  private final Context context;
  private final WorldOptions options;
  private final GuestClock clock;
  private final RandomSource random;
  private final HeapBudget heap;
  private final WorldFiles files;
  private final WaitQueue waits;
  private final TimerQueue timers;
  private final Scheduler scheduler;

  /** Creates a world without processes. */
  public World(
      Context context,
      WorldOptions options,
      GuestClock clock,
      RandomSource random,
      HeapBudget heap,
      WorldFiles files) {
    this.context = context;
    this.options = options;
    this.clock = clock;
    this.random = random;
    this.heap = heap;
    this.files = files;
    waits = new WaitQueue(context, clock);
    timers = new TimerQueue(clock);
    scheduler = new Scheduler(context, clock, timers);
  }

  /** Returns the only context of its VM. */
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

  /** Returns the queue of its waiting tasks. */
  public WaitQueue waits() {
    return waits;
  }

  public GuestClock clock() {
    return clock;
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
    return context.checkpoint();
  }

  /** Returns the embedder's decisions about this world. */
  public WorldOptions options() {
    return options;
  }
}
