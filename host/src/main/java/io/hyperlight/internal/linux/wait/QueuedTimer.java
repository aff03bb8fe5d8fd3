package io.hyperlight.internal.linux.wait;

/** Does something at a time. It is set and stopped by a {@link TimerQueue}. */
public abstract class QueuedTimer {
  Deadline deadline = Deadline.NEVER;

  /** The order among timers with the same deadline. */
  long sequence;

  /** When it is its turn while the clock stands still: see {@link TimerQueue#expireFirst}. */
  long turn;

  /** Returns when it is due; {@link Deadline#NEVER} if it is not set. */
  public final Deadline deadline() {
    return deadline;
  }

  /** Reacts to the deadline. The timer is stopped before, and may be set again here. */
  protected abstract void expired();
}
