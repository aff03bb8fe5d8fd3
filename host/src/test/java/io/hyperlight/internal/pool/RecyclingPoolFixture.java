package io.hyperlight.internal.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.hyperlight.internal.pool.RefusedException.Reason;
import io.hyperlight.testing.Await;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.assertj.core.api.AbstractObjectAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;

/** Helpers for tests of {@link RecyclingPool} with {@link Things} as items. */
abstract class RecyclingPoolFixture {
  static final long LONG = Duration.ofMinutes(5).toNanos();
  static final long SHORT = Duration.ofMillis(5).toNanos();

  final Things things = new Things();

  @AfterEach
  void thePoolDidNothingForbidden() {
    assertThat(things.violations).isEmpty();
  }

  static Loan<Things.Thing> acquire(RecyclingPool<Things.Thing> pool) throws RefusedException {
    Loan<Things.Thing> member = pool.acquire(LONG);
    member.item().use();
    return member;
  }

  /** Starts a thread that acquires a member, and returns once it waits. */
  static FutureTask<Loan<Things.Thing>> startWaiting(RecyclingPool<Things.Thing> pool)
      throws InterruptedException {
    int waiting = pool.statistics().waiting();
    FutureTask<Loan<Things.Thing>> acquisition = new FutureTask<>(() -> acquire(pool));
    Thread.ofVirtual().start(acquisition);
    Await.until("waiting", () -> pool.statistics().waiting() == waiting + 1);
    return acquisition;
  }

  static AbstractObjectAssert<?, Reason> assertRefused(ThrowingCallable acquisition) {
    return assertThatThrownBy(acquisition)
        .asInstanceOf(type(RefusedException.class))
        .extracting(RefusedException::reason);
  }

  static AbstractObjectAssert<?, Reason> assertRefused(FutureTask<?> acquisition) {
    return assertThatThrownBy(acquisition::get)
        .isInstanceOf(ExecutionException.class)
        .cause()
        .asInstanceOf(type(RefusedException.class))
        .extracting(RefusedException::reason);
  }

  static void awaitReady(RecyclingPool<?> pool, int ready) throws InterruptedException {
    Await.until(ready + " ready", () -> pool.statistics().ready() == ready);
  }

  /** Closes a pool that its {@code try} will close again. */
  static void closeEarly(RecyclingPool<?> pool) {
    pool.close();
  }

  /** Advances the clock until a task is done, since the pool asks again when its clock says so. */
  void tickUntilDone(RecyclingPool<?> pool, FutureTask<?> task) throws InterruptedException {
    Await.until(
        "done",
        () -> {
          things.nanos.addAndGet(Duration.ofMillis(10).toNanos());
          pool.poke();
          return task.isDone();
        });
  }
}
