package io.hyperlight.pools;

import static io.hyperlight.testing.Kinds.kind;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Lease;
import io.hyperlight.Sandbox;
import io.hyperlight.SandboxPool;
import io.hyperlight.Snapshot;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.error.PoolException;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.NotInHardwareLane;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

/** One time for all that a call of a pool does. */
@NotInHardwareLane("Says nothing about the processor.")
class TimedPoolTest {
  private static final String PROGRAM =
      """
      #include <hyperlight.h>
      HL_EXPORT(int32_t, one)
      int32_t one(void) { return 1; }
      HL_EXPORT(void, spin)
      void spin(void) { for (;;) { } }
      """;

  private static SandboxPool pool(Snapshot snapshot) {
    // Times that are never reached: only the view's time ends a call.
    return SandboxPool.builder(snapshot).size(1).maxWait(Duration.ofHours(1)).build();
  }

  private static Sandbox sandbox() {
    return Sandbox.builder(CompiledGuest.of(PROGRAM)).callTimeout(Duration.ofHours(1)).build();
  }

  @Test
  void theTimeEndsTheWaiting() {
    try (Sandbox sandbox = sandbox();
        Snapshot snapshot = sandbox.snapshot();
        SandboxPool pool = pool(snapshot);
        Lease<Sandbox> lease = pool.acquire()) {
      assertThatThrownBy(() -> pool.within(Duration.ofMillis(20)).call("one", int.class))
          .satisfies(kind(PoolException.Kind.TIMED_OUT));
      assertThat(lease.get().<Integer>call("one", int.class)).isEqualTo(1);
    }
  }

  @Test
  void theTimeEndsTheCall() {
    try (Sandbox sandbox = sandbox();
        Snapshot snapshot = sandbox.snapshot();
        SandboxPool pool = pool(snapshot)) {
      SandboxPool.Timed timed = pool.within(Duration.ofMillis(300));
      assertThatThrownBy(() -> timed.call("spin", void.class))
          .satisfiesAnyOf(
              thrown -> assertThat(thrown).isInstanceOf(GuestTimeoutException.class),
              kind(PoolException.Kind.TIMED_OUT)::accept);
      assertThat(pool.within(Duration.ofHours(1)).<Integer>call("one", int.class)).isEqualTo(1);
    }
  }

  @Test
  void whatTheWaitingTakesIsNotLeftForTheCall() throws Exception {
    try (Sandbox sandbox = sandbox();
        Snapshot snapshot = sandbox.snapshot();
        SandboxPool pool = pool(snapshot)) {
      Duration time = Duration.ofSeconds(2);
      CountDownLatch begun = new CountDownLatch(1);
      Lease<Sandbox> lease = pool.acquire();
      FutureTask<Throwable> call =
          new FutureTask<>(() -> {
            begun.countDown();
            try {
              pool.within(time).call("spin", void.class);
              return new AssertionError("it came to an end");
            } catch (GuestTimeoutException | PoolException e) {
              return e;
            }
          });
      Thread.ofPlatform().start(call);
      begun.await();
      while (pool.statistics().waiting() == 0 && !call.isDone()) {
        Thread.onSpinWait();
      }
      long waited = System.nanoTime();
      while (System.nanoTime() - waited < Duration.ofMillis(100).toNanos()) {
        Thread.onSpinWait();
      }
      lease.close();
      if (call.get() instanceof GuestTimeoutException e) {
        assertThat(e.limit()).isLessThanOrEqualTo(time.minusMillis(100));
      }
    }
  }

  @Test
  void aTimeThatMakesNoSenseIsRefused() {
    try (Sandbox sandbox = sandbox();
        Snapshot snapshot = sandbox.snapshot();
        SandboxPool pool = pool(snapshot)) {
      assertThatThrownBy(() -> pool.within(Duration.ZERO))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
