package io.hyperlight.internal.linux.time;

/**
 * Holds the clocks of a frozen world.
 *
 * @param monotonicNanos monotonic time in nanoseconds; 0 if the guest has never read a clock
 * @param frozenNanos how long the world has been frozen in all before; this much is {@code
 *     CLOCK_BOOTTIME} ahead of monotonic time
 * @param realNanos real time when it was frozen, in nanoseconds since 1970; {@link Long#MAX_VALUE}
 *     if nobody knows
 * @param readByGuest whether the guest computed time itself then
 */
public record ClockState(
    long monotonicNanos, long frozenNanos, long realNanos, boolean readByGuest) {
  /** The clocks of a world whose guest has never read one. */
  public static final ClockState INITIAL = of(0);

  /** Returns the clocks of a world of which nobody knows when it was frozen. */
  public static ClockState of(long monotonicNanos) {
    return new ClockState(monotonicNanos, 0, Long.MAX_VALUE, false);
  }
}
