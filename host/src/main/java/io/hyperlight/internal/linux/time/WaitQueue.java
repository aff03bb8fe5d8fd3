package io.hyperlight.internal.linux.time;

import io.hyperlight.internal.machine.Context;
import io.hyperlight.internal.os.TimedPark;

/**
 * What the tasks of a world wait for. Time passes here. Whatever else a task could wait for,
 * another task would have to do, and there is none.
 */
public final class WaitQueue {
  private final Context context;
  private final GuestClock clock;

  public WaitQueue(Context context, GuestClock clock) {
    this.context = context;
    this.clock = clock;
  }

  /**
   * Lets time pass, if it is the host's. By an embedder's clock that is none of its business.
   *
   * @param usage hears of the time that was slept
   * @return false if the call is to end, or the thread was interrupted, which then still is
   */
  boolean sleep(long nanos, ProcessorUsage usage) {
    if (clock.isEmbedders() || nanos <= 0) {
      return true;
    }
    if (!context.goOutside()) {
      return false;
    }
    long begin = System.nanoTime();
    try {
      TimedPark.sleepNanos(nanos);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      usage.slept(System.nanoTime() - begin);
      context.comeBack();
    }
  }
}
