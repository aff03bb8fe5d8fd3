package io.hyperlight.internal.linux.task;

import io.hyperlight.internal.linux.fd.WorldFiles;
import io.hyperlight.internal.linux.limits.HeapBudget;
import io.hyperlight.internal.linux.random.RandomSource;
import io.hyperlight.internal.linux.time.GuestClock;
import io.hyperlight.internal.linux.time.WaitQueue;
import io.hyperlight.internal.machine.Context;
import io.hyperlight.internal.os.Checkpoint;

/**
 * All that runs in one sandbox: its processes, and what they share. It is what is limited,
 * snapshotted, restored and ended together.
 */
public final class World {
  private final Context context;
  private final WorldOptions options;
  private final GuestClock clock;
  private final RandomSource random;
  private final HeapBudget heap;
  private final WorldFiles files;
  private final WaitQueue waits;

  /** Without processes. */
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
  }

  /** The one context there is, of the VM that it is in. */
  public Context context() {
    return context;
  }

  /** What its tasks wait for. */
  public WaitQueue waits() {
    return waits;
  }

  public GuestClock clock() {
    return clock;
  }

  public RandomSource random() {
    return random;
  }

  /** What the host may hold for it. */
  public HeapBudget heap() {
    return heap;
  }

  public WorldFiles files() {
    return files;
  }

  /** Where the running call can be ended; for every loop whose length a guest chooses. */
  public Checkpoint checkpoint() {
    return context.checkpoint();
  }

  /** What the embedder decides about it. */
  public WorldOptions options() {
    return options;
  }
}
