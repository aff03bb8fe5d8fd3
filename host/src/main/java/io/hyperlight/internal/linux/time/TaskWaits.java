package io.hyperlight.internal.linux.time;

import io.hyperlight.internal.linux.base.CallOutcome;

/** Decides what happens to a task that has to wait. */
public final class TaskWaits {
  private final WaitQueue queue;
  private final ProcessorUsage usage;
  private final CallOutcome outcome;

  /**
   * Creates the waits of one task.
   *
   * @param usage the usage of its process, which subtracts the time slept
   * @param outcome is told that the task is stuck
   */
  public TaskWaits(WaitQueue queue, ProcessorUsage usage, CallOutcome outcome) {
    this.queue = queue;
    this.usage = usage;
    this.outcome = outcome;
  }

  /**
   * Waits for an action of another task. There is no other task, so this task is stuck.
   *
   * @param what for people: the words that follow "the guest"
   * @return a result that the task never sees
   */
  public long block(String what) {
    return outcome.stuck(what);
  }

  /**
   * Sleeps, if time is the host's.
   *
   * @return false if the call is to end, or the thread was interrupted; its interrupt status is
   *     still set then
   */
  public boolean sleep(long nanos) {
    return queue.sleep(nanos, usage);
  }
}
