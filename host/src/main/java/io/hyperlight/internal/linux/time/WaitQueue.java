package io.hyperlight.internal.linux.time;

import io.hyperlight.internal.machine.Context;
import io.hyperlight.internal.os.TimedPark;

/**
 * The waits of a world's tasks. A task can wait for time to pass. All other waits would need
 * another task, and there is none.
 */
public final class WaitQueue {
  private final Context context;
  private final GuestClock clock;

  public WaitQueue(Context context, GuestClock clock) {
    this.context = context;
    this.clock = clock;
  }

  /**
   * Sleeps, if time is the host's. With an embedder's clock this returns at once, as that clock
   * does not depend on the host's time.
   *
   * @param usage is told how long the guest slept
   * @return false if the call is to end, or the thread was interrupted; its interrupt status is
   *     still set then
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
