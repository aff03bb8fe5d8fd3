package io.hyperlight.internal.os;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Durations as nanoseconds. */
public final class Durations {
  /** No limit: 146 years, and so far from overflow that a time may be added. */
  public static final long UNLIMITED_NANOS = Long.MAX_VALUE / 2;

  private Durations() {}

  /**
   * A time that may pass.
   *
   * @param what it is, for the message
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
