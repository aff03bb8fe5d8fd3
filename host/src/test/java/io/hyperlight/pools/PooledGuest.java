package io.hyperlight.pools;

import io.hyperlight.PoolBuilder;
import io.hyperlight.Sandbox;
import io.hyperlight.SandboxPool;
import io.hyperlight.Snapshot;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.SourceFile;
import java.util.concurrent.CountDownLatch;

/**
 * A guest whose requests leave a secret wherever they can, and look for those of others: in its
 * data, its heap and its stack. Its calls can be delayed in a host function.
 */
final class PooledGuest implements AutoCloseable {
  static final String PROGRAM = SourceFile.of(PooledGuest.class, "pooled.c");

  /** Counted down when a guest waits. */
  final CountDownLatch entered = new CountDownLatch(1);

  /** Lets the guests go on that wait, and all later ones. */
  final CountDownLatch release = new CountDownLatch(1);

  private final Sandbox sandbox =
      Sandbox.builder(CompiledGuest.of(PROGRAM))
          .memorySize(4L << 20)
          .hostAction(
              "wait_in_host",
              () -> {
                entered.countDown();
                release.await();
              })
          .build();

  private final Snapshot snapshot = sandbox.snapshot();

  Snapshot snapshot() {
    return snapshot;
  }

  PoolBuilder<SandboxPool> pool() {
    return SandboxPool.builder(snapshot);
  }

  @Override
  public void close() {
    release.countDown();
    snapshot.close();
    sandbox.close();
  }
}
