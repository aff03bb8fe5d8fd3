package io.hyperlight.internal.linux.time;

import io.hyperlight.internal.linux.base.CallOutcome;
import io.hyperlight.internal.machine.Context;
import io.hyperlight.internal.os.TimedPark;

/**
 * What a task asks that has to wait. Time passes here. Whatever else a task could wait for, another
 * task would have to do, and there is none: such a task is stuck.
 */
public final class WaitQueue {
  private final Context machine;
  private final GuestClock clock;
  private final ProcessorUsage usage;
  private final CallOutcome outcome;

  /**
   * For one task.
   *
   * @param usage hears of the time that was slept
   * @param outcome hears that the task is stuck
   */
  public WaitQueue(Context machine, GuestClock clock, ProcessorUsage usage, CallOutcome outcome) {
    this.machine = machine;
    this.clock = clock;
    this.usage = usage;
    this.outcome = outcome;
  }

  /**
   * Waits for something that another task would have to do.
   *
   * @param what for people: what follows "the guest"
   * @return a result that does not matter
   */
  public long block(String what) {
    return outcome.stuck(what);
  }

  /**
   * Lets time pass, if it is the host's. By an embedder's clock that is none of its business.
   *
   * @return false if the call is to end, or the thread was interrupted, which then still is
   */
  public boolean sleep(long nanos) {
    if (clock.isEmbedders() || nanos <= 0) {
      return true;
    }
    if (!machine.goOutside()) {
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
      machine.comeBack();
    }
  }
}
