package io.hyperlight.internal.linux.timer;

import io.hyperlight.internal.linux.wait.Expirations;
import java.util.List;

/**
 * The timers of a process in a snapshot. Immutable.
 *
 * @param interval the timers of {@code setitimer(2)}, in the order of their numbers
 * @param posix the timers of {@code timer_create(2)}, ascending
 * @param nextId the number of the next one
 */
public record TimerState(List<Interval> interval, List<Posix> posix, int nextId) {
  /**
   * A timer of {@code setitimer(2)}.
   *
   * @param isPending whether the signal of its last expiration is pending
   */
  public record Interval(Expirations expirations, boolean isPending) {
    static final Interval STOPPED = new Interval(Expirations.NONE, false);
  }

  /**
   * A timer of {@code timer_create(2)}.
   *
   * @param isPending whether the signal of its last expiration is pending
   * @param setting how often it was set
   * @param overrun of its last signal
   */
  public record Posix(
      PosixTimer.Setup setup,
      Expirations expirations,
      boolean isPending,
      int setting,
      int overrun) {}

  /** The timers of a new process: none. */
  public static final TimerState INITIAL =
      new TimerState(List.of(Interval.STOPPED, Interval.STOPPED, Interval.STOPPED), List.of(), 0);

  public TimerState {
    interval = List.copyOf(interval);
    posix = List.copyOf(posix);
  }
}
