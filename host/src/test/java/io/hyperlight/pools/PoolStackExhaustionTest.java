package io.hyperlight.pools;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Lease;
import io.hyperlight.Sandbox;
import io.hyperlight.SandboxPool;
import io.hyperlight.Snapshot;
import io.hyperlight.testing.Await;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.NotInHardwareLane;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

/** Callers of a pool that recurse too deep and catch the error: the pool has all its places. */
@NotInHardwareLane("Says nothing about the processor, and fills the stack thousands of times.")
class PoolStackExhaustionTest {
  private static final String PROGRAM =
      """
      #include <hyperlight.h>
      HL_EXPORT(int32_t, one)
      int32_t one(void) { return 1; }
      """;

  private static final int SIZE = 3;

  /** How many steps from the end of the stack on. */
  private static final int STEPS = 150;

  private int steps;
  private int overflows;
  private int successes;

  private interface Action {
    void run();
  }

  private static void callInAll(SandboxPool pool) {
    List<Lease<Sandbox>> leases = new ArrayList<>();
    for (int i = 0; i < SIZE; i++) {
      Lease<Sandbox> lease = pool.acquire(Duration.ofMinutes(2));
      leases.add(lease);
      assertThat(lease.get().<Integer>call("one", int.class)).isEqualTo(1);
    }
    leases.forEach(Lease::close);
  }

  @SuppressWarnings("InfiniteRecursion")
  private void atTheEndOfTheStack(Action action) {
    try {
      atTheEndOfTheStack(action);
    } catch (StackOverflowError e) {
      // The overflow begins here.
    }
    if (steps < STEPS) {
      steps++;
      act(action);
    }
  }

  /** The same with frames of another size. */
  @SuppressWarnings("InfiniteRecursion")
  private void atTheEndOfTheStack(Action action, long a, double b, long c) {
    try {
      atTheEndOfTheStack(action, a + c, b + a, c + 1);
    } catch (StackOverflowError e) {
      // The overflow begins here.
    }
    if (steps < STEPS) {
      steps++;
      act(action);
    }
  }

  private void act(Action action) {
    try {
      action.run();
      successes++;
    } catch (StackOverflowError e) {
      overflows++;
    }
  }

  private void sweep(Thread.Builder threads, SandboxPool pool, Action action, Action afterwards)
      throws Exception {
    FutureTask<Void> task =
        new FutureTask<>(() -> {
          for (int round = 0; round < 2; round++) {
            steps = 0;
            atTheEndOfTheStack(action);
            steps = 0;
            atTheEndOfTheStack(action, 1, 2, 3);
          }
          return null;
        });
    threads.start(task);
    task.get();
    act(afterwards);
    Await.until("all taken back", () -> pool.statistics().lent() == 0);
    assertThat(pool.statistics().waiting()).isZero();
    assertThat(overflows).isPositive();
    callInAll(pool);
  }

  private void withPool(PoolUser user) throws Exception {
    try (Sandbox sandbox = Sandbox.builder(CompiledGuest.of(PROGRAM)).build();
        Snapshot snapshot = sandbox.snapshot();
        SandboxPool pool = SandboxPool.builder(snapshot).size(SIZE).idle(1).build()) {
      for (int i = 0; i < 500; i++) {
        assertThat(pool.<Integer>call("one", int.class)).isEqualTo(1);
      }
      user.use(pool);
    }
  }

  private interface PoolUser {
    void use(SandboxPool pool) throws Exception;
  }

  @Test
  void callsOnPlatformThreadsLoseNoPlace() throws Exception {
    withPool(pool -> sweep(Thread.ofPlatform(), pool, () -> pool.call("one", int.class), () -> {}));
    assertThat(successes).isPositive();
  }

  @Test
  void callsOnVirtualThreadsLoseNoPlace() throws Exception {
    withPool(pool -> sweep(Thread.ofVirtual(), pool, () -> pool.call("one", int.class), () -> {}));
  }

  /** A holder closes its lease repeatedly until that works. */
  @Test
  void leasesLoseNoPlace() throws Exception {
    List<Lease<Sandbox>> lease = new ArrayList<>();
    withPool(pool ->
        sweep(
            Thread.ofPlatform(),
            pool,
            () -> {
              closeIfOpen(lease);
              Lease<Sandbox> next = pool.acquire();
              try {
                lease.add(next);
                next.get().call("one", int.class);
              } finally {
                next.close();
                closeIfOpen(lease);
              }
            },
            () -> closeIfOpen(lease)));
  }

  private static void closeIfOpen(List<Lease<Sandbox>> lease) {
    while (!lease.isEmpty()) {
      lease.getLast().close();
      lease.removeLast();
    }
  }
}
