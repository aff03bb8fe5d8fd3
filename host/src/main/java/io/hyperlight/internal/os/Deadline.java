package io.hyperlight.internal.os;

/**
 * The time by which something has to be over, on the monotonic clock. A deadline is made once,
 * where the embedder sets a time limit. It is then passed to everything that takes part of this
 * time: waiting, creating, restoring, calling.
 */
public final class Deadline {
  /** A time in nanoseconds that is too long to matter. Adding it to the clock cannot overflow. */
  public static final long FOR_EVER = Long.MAX_VALUE / 4;

  private final long at;

  private Deadline(long at) {
    this.at = at;
  }

  /**
   * Returns a deadline in some time from now.
   *
   * @param nanos how long; a deadline with zero or less has already passed
   */
  public static Deadline in(long nanos) {
    return new Deadline(System.nanoTime() + Math.clamp(nanos, 0, FOR_EVER));
  }

  /** Returns how much time is left, in nanoseconds; zero or less once the deadline has passed. */
  public long remainingNanos() {
    return at - System.nanoTime();
  }

  /** Answers whether the deadline has passed. */
  public boolean isExpired() {
    return remainingNanos() <= 0;
  }
}
