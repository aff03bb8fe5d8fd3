package io.hyperlight.internal.linux.time;

import io.hyperlight.internal.linux.base.CallOutcome;

/** What a task asks that has to wait. */
public final class TaskWaits {
  private final WaitQueue queue;
  private final ProcessorUsage usage;
  private final CallOutcome outcome;

  /**
   * For one task.
   *
   * @param usage that of its process, which hears of the time that was slept
   * @param outcome hears that the task is stuck
   */
  public TaskWaits(WaitQueue queue, ProcessorUsage usage, CallOutcome outcome) {
    this.queue = queue;
    this.usage = usage;
    this.outcome = outcome;
  }

  /**
   * Waits for something that another task would have to do. There is none, so the task is stuck.
   *
   * @param what for people: what follows "the guest"
   * @return a result that does not matter
   */
  public long block(String what) {
    return outcome.stuck(what);
  }

  /**
   * Lets time pass, if it is the host's.
   *
   * @return false if the call is to end, or the thread was interrupted, which then still is
   */
  public boolean sleep(long nanos) {
    return queue.sleep(nanos, usage);
  }
}
