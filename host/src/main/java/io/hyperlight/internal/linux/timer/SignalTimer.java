package io.hyperlight.internal.linux.timer;

import io.hyperlight.internal.linux.signal.SignalInfo;
import io.hyperlight.internal.linux.wait.Deadline;
import io.hyperlight.internal.linux.wait.Expirations;
import io.hyperlight.internal.linux.wait.QueuedTimer;
import io.hyperlight.internal.linux.wait.TimerQueue;

/**
 * A timer that sends a signal when it expires. As long as that signal is pending, it sends no other
 * one: expirations meanwhile are counted when the signal is delivered. So a timer with a short
 * interval costs the host no more than its signals cost the guest.
 */
abstract class SignalTimer extends QueuedTimer {
  /** The time until a timer whose signal is ignored expires again, in nanoseconds. */
  private static final long IGNORED_NANOS = 1_000_000;

  private final TimerQueue queue;
  private final Deadline.Clock clock;
  private Expirations expirations = Expirations.NONE;

  /** Whether the signal of the last expiration is pending. */
  private boolean isPending;

  SignalTimer(TimerQueue queue, Deadline.Clock clock) {
    this.queue = queue;
    this.clock = clock;
  }

  final Expirations expirations() {
    return expirations;
  }

  final boolean isPending() {
    return isPending;
  }

  final long now() {
    return queue.now(clock);
  }

  /** Starts the timer anew, or stops it. */
  final void set(Expirations wanted) {
    restore(wanted, false);
  }

  /** Sets the timer to a state that it had in a snapshot. */
  final void restore(Expirations wanted, boolean pending) {
    expirations = wanted;
    isPending = pending;
    if (pending || !needsQueue()) {
      queue.stop(this);
    } else {
      enqueue(wanted.next());
    }
  }

  private void enqueue(long at) {
    queue.set(this, at == Long.MAX_VALUE ? Deadline.NEVER : Deadline.at(clock, at));
  }

  /** Stops the timer for ever. */
  final void drop() {
    queue.stop(this);
  }

  /** Returns whether anything happens when it expires. */
  boolean needsQueue() {
    return true;
  }

  /**
   * Sends the signal.
   *
   * @return whether it is pending now
   */
  abstract boolean send();

  @Override
  protected final void expired() {
    if (send()) {
      isPending = expirations.interval() != 0;
      if (!isPending) {
        expirations = Expirations.NONE;
      }
    } else if (expirations.interval() == 0) {
      expirations = Expirations.NONE;
    } else {
      long now = now();
      expirations = expirations.afterExpiry(now);
      enqueue(Math.max(expirations.next(), now + IGNORED_NANOS));
    }
  }

  /**
   * Starts the next interval, now that the signal is being delivered.
   *
   * @return how many expirations there were since that of the signal
   */
  final long delivered() {
    if (!isPending) {
      return 0;
    }
    isPending = false;
    long now = now();
    long missed = Math.max(0, expirations.count(now) - 1);
    expirations = expirations.afterExpiry(now);
    enqueue(expirations.next());
    return missed;
  }

  /** Returns how long until the timer expires: 0 if it is stopped; at least 1 otherwise. */
  final long left() {
    if (expirations.isNone()) {
      return 0;
    }
    long now = now();
    if (isPending || !needsQueue()) {
      return expirations.left(now);
    }
    return Math.max(1, expirations.next() - now);
  }

  /** Returns the information of a signal when it is delivered. */
  abstract SignalInfo delivered(SignalInfo info);
}
