package io.hyperlight.internal.pool;

/** When to try something again: after a delay that doubles from failure to failure. */
final class Backoff {
  private final long firstNanos;
  private final long lastNanos;
  private long nextNanos;
  private long dueAt;

  /** Due at once. */
  Backoff(long firstNanos, long lastNanos, long now) {
    this.firstNanos = firstNanos;
    this.lastNanos = lastNanos;
    nextNanos = firstNanos;
    dueAt = now;
  }

  /** Forgets the failures. Does not change when the next attempt is due. */
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
