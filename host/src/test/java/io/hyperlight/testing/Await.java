package io.hyperlight.testing;

import static org.assertj.core.api.Assertions.fail;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Waits until a condition is true that nothing signals. */
public final class Await {
  private static final long PATIENCE_NANOS = Duration.ofMinutes(2).toNanos();

  private Await() {}

  /** Checks the condition repeatedly; fails after minutes. */
  public static void until(String what, BooleanSupplier condition) throws InterruptedException {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - start > PATIENCE_NANOS) {
        fail("still not: " + what);
      }
      Thread.sleep(1);
    }
  }
}
