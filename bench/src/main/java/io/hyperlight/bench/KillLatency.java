package io.hyperlight.bench;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.CallInterruptedException;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Measures the time from the decision to end a looping guest until its caller has the exception.
 */
final class KillLatency implements Sampler {
  /** The time for which a guest runs before it is ended. The floor uses the same. */
  private static final long RUNNING_NANOS = TimeUnit.MICROSECONDS.toNanos(50);

  private final Snapshot snapshot;
  private final Sandbox sandbox;
  private final MethodHandle spin;

  /** The last round that has begun. */
  private volatile int begun;

  /** The last round that was interrupted. {@link #sent} is the time of that. */
  private volatile int interrupted;

  private volatile long sent;

  private KillLatency() {
    try (Sandbox original = Guests.large().build()) {
      snapshot = original.snapshot();
    }
    sandbox = snapshot.spawn();
    spin = sandbox.function("spin");
  }

  static List<Row> measure(Run run) throws Throwable {
    try (KillLatency ours = new KillLatency()) {
      Comparison comparison = run.compare(ours, Question.of("kill", 0));
      return List.of(
          Row.ofTimes("kill_latency", Unit.MICROSECONDS, comparison)
              .withGoal(Goal.atMost(1.5, comparison)));
    }
  }

  @Override
  public void sample(long[] nanos) throws Throwable {
    begun = 0;
    interrupted = 0;
    Thread killer = Thread.ofPlatform().daemon().start(() -> interruptAgain(nanos.length));
    for (int round = 1; round <= nanos.length; round++) {
      begun = round;
      try {
        spin.invokeExact();
      } catch (CallInterruptedException e) {
        nanos[round - 1] = System.nanoTime() - sent;
      }
      while (interrupted < round) {
        Thread.onSpinWait(); // The killer has interrupted the call, but not yet recorded that.
      }
      sandbox.restore(snapshot);
    }
    killer.join();
  }

  private void interruptAgain(int rounds) {
    for (int round = 1; round <= rounds; round++) {
      while (begun < round) {
        Thread.onSpinWait();
      }
      long start = System.nanoTime();
      while (System.nanoTime() - start < RUNNING_NANOS) {
        Thread.onSpinWait();
      }
      do {
        sent = System.nanoTime();
      } while (!sandbox.interrupt());
      interrupted = round;
    }
  }

  @Override
  public void close() {
    sandbox.close();
    snapshot.close();
  }
}
