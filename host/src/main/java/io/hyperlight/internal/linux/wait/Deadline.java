package io.hyperlight.internal.linux.wait;

/**
 * A point in time of one of the guest's clocks.
 *
 * @param clock whose time it is
 * @param nanos the reading of that clock, in nanoseconds; {@link Long#MAX_VALUE} never comes
 */
public record Deadline(Clock clock, long nanos) {
  /** The clocks by which tasks wait. They differ after a freeze, or when real time is set. */
  public enum Clock {
    /** Stands still while the world is frozen. */
    MONOTONIC,
    /** Goes on while the world is frozen, and begins with the sandbox. */
    BOOT,
    /** Real time. */
    REAL,
    /** The processor time of the process. It stands still while no task of the process runs. */
    PROCESSOR
  }

  /** The deadline that never comes. */
  public static final Deadline NEVER = new Deadline(Clock.MONOTONIC, Long.MAX_VALUE);

  /** Returns a deadline that comes at some time, however late. */
  public static Deadline at(Clock clock, long nanos) {
    return new Deadline(clock, Math.min(nanos, Long.MAX_VALUE - 1));
  }

  public boolean isNever() {
    return nanos == Long.MAX_VALUE;
  }
}
