package io.hyperlight.internal.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.testing.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** A thread that parks for a time continues after it, or when another thread wakes it. */
class TimedParkTest {
  private static final long MILLISECOND = 1_000_000;
  private static final long HOUR = Duration.ofHours(1).toNanos();
  private static final int MANY = 500;

  /** Parks until a time has passed. */
  private static void pause(long nanos) {
    long start = System.nanoTime();
    long left = nanos;
    while (left > 0) {
      TimedPark.parkNanos(TimedParkTest.class, left);
      left = nanos - (System.nanoTime() - start);
    }
  }

  private static boolean alarmIsThere() {
    return Thread.getAllStackTraces().keySet().stream()
        .anyMatch(thread -> thread.getName().equals("hyperlight-alarm"));
  }

  @Test
  void threadsOfBothKindsGoOnAfterTheirTime() throws InterruptedException {
    for (Thread.Builder kind : List.of(Thread.ofPlatform(), Thread.ofVirtual())) {
      kind.start(() -> pause(20 * MILLISECOND)).join();
    }
  }

  @Test
  void noTimeIsNoPark() throws InterruptedException {
    Thread.ofVirtual().start(() -> TimedPark.parkNanos(this, 0)).join();
    Thread.ofVirtual().start(() -> TimedPark.parkNanos(this, -1)).join();
  }

  @Test
  void whoIsWokenGoesOnBeforeItsTime() throws InterruptedException {
    Thread parked = Thread.ofVirtual().start(() -> TimedPark.parkNanos(this, HOUR));
    LockSupport.unpark(parked);
    parked.join();
    Thread interrupted = Thread.ofVirtual().start(() -> TimedPark.parkNanos(this, HOUR));
    interrupted.interrupt();
    interrupted.join();
  }

  @Test
  void whoSleepsIsInterrupted() throws InterruptedException {
    for (Thread.Builder kind : List.of(Thread.ofPlatform(), Thread.ofVirtual())) {
      FutureTask<Boolean> sleep =
          new FutureTask<>(() -> {
            TimedPark.sleepNanos(Long.MAX_VALUE);
            return true;
          });
      Thread sleeper = kind.start(sleep);
      sleeper.interrupt();
      assertThatThrownBy(sleep::get).hasCauseInstanceOf(InterruptedException.class);
    }
  }

  @Test
  void whoSleepsDoesSoForAllOfItsTime() throws Exception {
    for (Thread.Builder kind : List.of(Thread.ofPlatform(), Thread.ofVirtual())) {
      FutureTask<Long> sleep =
          new FutureTask<>(() -> {
            long start = System.nanoTime();
            LockSupport.unpark(Thread.currentThread()); // an unpark ends a park, but not a sleep
            TimedPark.sleepNanos(5 * MILLISECOND);
            return System.nanoTime() - start;
          });
      kind.start(sleep);
      assertThat(sleep.get()).isGreaterThanOrEqualTo(5 * MILLISECOND);
    }
  }

  @Test
  void aShorterTimeIsNotHeldUpByALongerOne() throws InterruptedException {
    Thread longer = Thread.ofVirtual().start(() -> TimedPark.parkNanos(this, HOUR));
    Await.until("parked", () -> longer.getState() == Thread.State.WAITING);
    Thread.ofVirtual().start(() -> pause(MILLISECOND)).join();
    assertThat(longer.isAlive()).isTrue();
    LockSupport.unpark(longer);
    longer.join();
  }

  @Test
  void allOfManyGoOnAndTheLibrarysThreadEnds() throws InterruptedException {
    Random random = new Random(1);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      long nanos = random.nextLong(30 * MILLISECOND);
      threads.add(Thread.ofVirtual().start(() -> pause(nanos)));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    Await.until("it has ended", () -> !alarmIsThere());
    Thread.ofVirtual().start(() -> pause(MILLISECOND)).join(); // and is there again
  }
}
