package io.hyperlight.bench;

import io.hyperlight.Lease;
import io.hyperlight.Sandbox;
import io.hyperlight.SandboxPool;
import io.hyperlight.Snapshot;
import java.util.List;

/** Measures how long a pool with clean sandboxes takes to lease one. */
final class PoolAcquire {
  private static final int SANDBOXES = 8;

  private PoolAcquire() {}

  static List<Row> measure(Run run) throws Throwable {
    try (Snapshot snapshot = Guests.smallSnapshot(Sandbox.Builder.DEFAULT_MEMORY_SIZE);
        SandboxPool pool = SandboxPool.builder(snapshot).size(SANDBOXES).idle(SANDBOXES).build()) {
      Comparison comparison = run.compare(nanos -> acquire(pool, nanos), Question.EXIT);
      return List.of(
          Row.ofTimes("pool_acquire", Unit.NANOSECONDS, comparison)
              .withGoal(Goal.atMost(0.1, comparison)));
    }
  }

  private static void acquire(SandboxPool pool, long[] nanos) {
    for (int i = 0; i < nanos.length; i++) {
      while (pool.statistics().ready() < SANDBOXES / 2) {
        Thread.onSpinWait();
      }
      long start = System.nanoTime();
      Lease<Sandbox> lease = pool.acquire();
      nanos[i] = System.nanoTime() - start;
      lease.close();
    }
  }
}
