package io.hyperlight.internal.linux;

import io.hyperlight.internal.machine.Context;
import io.hyperlight.internal.os.Checkpoint;

/**
 * All that runs in one sandbox: its processes, and what they share. It is what is limited,
 * snapshotted, restored and ended together.
 */
final class World {
  private final Context machine;
  private final WorldOptions options;
  private final GuestClock clock;
  private final RandomSource random;
  private final HeapBudget heap;
  private final WorldFiles files;

  /** Without processes. */
  World(
      Context machine,
      WorldOptions options,
      GuestClock clock,
      RandomSource random,
      HeapBudget heap,
      WorldFiles files) {
    this.machine = machine;
    this.options = options;
    this.clock = clock;
    this.random = random;
    this.heap = heap;
    this.files = files;
  }

  /** The virtual machine that it is in. */
  Context machine() {
    return machine;
  }

  GuestClock clock() {
    return clock;
  }

  RandomSource random() {
    return random;
  }

  /** What the host may hold for it. */
  HeapBudget heap() {
    return heap;
  }

  WorldFiles files() {
    return files;
  }

  /** Where the running call can be ended; for every loop whose length a guest chooses. */
  Checkpoint checkpoint() {
    return machine.checkpoint();
  }

  /** What the embedder decides about it. */
  WorldOptions options() {
    return options;
  }
}
