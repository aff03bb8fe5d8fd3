package io.hyperlight.internal.os;

/**
 * When something has to be over, by the clock that only goes forward. Made once, where the embedder
 * says how long something may take, and handed on to everything that takes time for it: waiting,
 * making, restoring, calling.
 */
public final class Deadline {
  /** A time so long that it makes no difference; adding it to the clock is safe. */
  public static final long FOR_EVER = Long.MAX_VALUE / 4;

  private final long at;

  private Deadline(long at) {
    this.at = at;
  }

  /**
   * A deadline from now on.
   *
   * @param nanos how long; zero or less has passed already
   */
  public static Deadline in(long nanos) {
    return new Deadline(System.nanoTime() + Math.clamp(nanos, 0, FOR_EVER));
  }

  /** How long is left; zero or less if nothing is. */
  public long remainingNanos() {
    return at - System.nanoTime();
  }

  /** Whether it has passed. */
  public boolean isExpired() {
    return remainingNanos() <= 0;
  }
}
