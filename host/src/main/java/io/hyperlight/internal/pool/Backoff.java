package io.hyperlight.internal.pool;

/** Says when to try something again: after a delay that doubles with every failure. */
final class Backoff {
  private final long firstNanos;
  private final long lastNanos;
  private long nextNanos;
  private long dueAt;

  /** Creates a backoff whose first attempt is due at once. */
  Backoff(long firstNanos, long lastNanos, long now) {
    this.firstNanos = firstNanos;
    this.lastNanos = lastNanos;
    nextNanos = firstNanos;
    dueAt = now;
  }

  /** Goes back to the first delay. The time of the next attempt stays the same. */
  void reset() {
    nextNanos = firstNanos;
  }

  void failed(long now) {
    dueAt = now + nextNanos;
    nextNanos = Math.min(2 * nextNanos, lastNanos);
  }

  boolean isDue(long now) {
    return nanosLeft(now) <= 0;
  }

  long nanosLeft(long now) {
    return dueAt - now;
  }
}
