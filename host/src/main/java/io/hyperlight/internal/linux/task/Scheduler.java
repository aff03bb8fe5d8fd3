package io.hyperlight.internal.linux.task;

import io.hyperlight.internal.linux.wait.TimerQueue;
import io.hyperlight.internal.linux.wait.WaitClock;
import io.hyperlight.internal.machine.Context;
import io.hyperlight.internal.os.TimedPark;

/** Decides which task of a world runs, and waits if none can. */
public final class Scheduler {
  /** So many steps of work that a checkpoint looks at the clock and at interrupts. */
  private static final long LOOK = 1 << 16;

  private final Context context;
  private final WaitClock clock;
  private final TimerQueue timers;

  Scheduler(Context context, WaitClock clock, TimerQueue timers) {
    this.context = context;
    this.clock = clock;
    this.timers = timers;
  }

  /** Reacts to the end of a task's wait. */
  void woken(Task task) {
    // The only task goes on when idle() returns.
  }

  /**
   * Waits until a timer expires.
   *
   * @return false if there is none, so that nothing can ever happen
   * @throws io.hyperlight.internal.os.StoppedException if the call has to end
   */
  public boolean idle() {
    long nanos = timers.nanosToNextWhileIdle();
    if (nanos == Long.MAX_VALUE) {
      return false;
    }
    if (clock.isEmbedders()) {
      timers.expireFirst();
    } else {
      sleep(nanos);
      timers.expire();
    }
    return true;
  }

  private void sleep(long nanos) {
    if (nanos > 0 && context.goOutside()) {
      try {
        TimedPark.sleepNanos(nanos);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } finally {
        context.comeBack();
      }
    }
    context.checkpoint().pass(LOOK);
  }
}
