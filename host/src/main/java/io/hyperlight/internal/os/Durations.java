package io.hyperlight.internal.os;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Converts durations to nanoseconds. */
public final class Durations {
  /** No limit: 146 years. Adding a time to it cannot overflow. */
  public static final long UNLIMITED_NANOS = Long.MAX_VALUE / 2;

  private Durations() {}

  /**
   * Converts a time limit.
   *
   * @param what the limit's name, for the message
   * @return its nanoseconds, up to {@link #UNLIMITED_NANOS}
   * @throws IllegalArgumentException if it is not positive
   */
  public static long positiveNanos(String what, Duration limit) {
    if (limit.isNegative() || limit.isZero()) {
      throw new IllegalArgumentException(what + " " + limit + ": must be positive");
    }
    return Math.min(TimeUnit.NANOSECONDS.convert(limit), UNLIMITED_NANOS);
  }
}
