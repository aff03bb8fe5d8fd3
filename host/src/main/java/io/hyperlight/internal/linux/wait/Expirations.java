package io.hyperlight.internal.linux.wait;

/**
 * When a timer expires by its clock: at one time, or again and again. However many expirations were
 * missed, they are counted by arithmetic.
 *
 * @param next the time of the next expiration in nanoseconds; {@link Long#MAX_VALUE} for never
 * @param interval the time between expirations in nanoseconds; 0 for one expiration only
 */
public record Expirations(long next, long interval) {
  /** The expirations of a timer that is stopped. */
  public static final Expirations NONE = new Expirations(Long.MAX_VALUE, 0);

  public Expirations {
    if (interval < 0) {
      throw new IllegalArgumentException("an interval of " + interval + " ns");
    }
  }

  /** Returns expirations of which the first comes at some time, however late. */
  public static Expirations at(long next, long interval) {
    return new Expirations(Math.min(next, Long.MAX_VALUE - 1), interval);
  }

  public boolean isNone() {
    return next == Long.MAX_VALUE;
  }

  /** Returns how many expirations there have been until a time. */
  public long count(long now) {
    if (isNone() || now < next) {
      return 0;
    }
    // Both are readings of one clock, so the difference is small, unless real time was set.
    return interval == 0 ? 1 : 1 + Math.max(0, now - next) / interval;
  }

  /** Returns the expirations that come later than a time. */
  public Expirations after(long now) {
    long passed = count(now);
    if (passed == 0) {
      return this;
    }
    if (interval == 0) {
      return NONE;
    }
    // now >= next, so this is at most one interval after now.
    long last = next + (passed - 1) * interval;
    return last > Long.MAX_VALUE - interval ? NONE : at(last + interval, interval);
  }

  /**
   * Returns the expirations that are left when those until a time are done. With the embedder's
   * clock, an expiration may come before its time. Then it is done, too.
   */
  public Expirations afterExpiry(long now) {
    return count(now) == 0 ? after(next) : after(now);
  }

  /** Returns how long until the next expiration after a time; 0 if there is none. */
  public long left(long now) {
    Expirations rest = after(now);
    return rest.isNone() ? 0 : rest.next - now;
  }
}
