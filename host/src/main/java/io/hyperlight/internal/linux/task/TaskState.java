package io.hyperlight.internal.linux.task;

import io.hyperlight.internal.linux.proc.TaskAttributes;
import io.hyperlight.internal.linux.signal.SignalState;
import io.hyperlight.internal.linux.time.TaskUsage;
import io.hyperlight.internal.linux.wait.WaitState;

/**
 * Holds a task in a snapshot. Immutable. Its registers are in the machine's image.
 *
 * @param thread the number of the task
 * @param context the number of its context
 * @param signals its blocked and pending signals
 * @param attributes its name, and how it asked to be scheduled
 * @param usage its processor time
 * @param robustList the head of its list of robust futexes; 0 for none
 * @param clearedAtExit where a zero is written when it ends; 0 for nowhere
 * @param hasAnswer whether its system call has an answer that its registers do not have yet
 * @param answer that answer
 * @param exited whether it is a first task that has exited
 * @param waiting what it waits for
 */
public record TaskState(
    int thread,
    int context,
    SignalState signals,
    TaskAttributes.State attributes,
    TaskUsage.State usage,
    long robustList,
    long clearedAtExit,
    boolean hasAnswer,
    long answer,
    boolean exited,
    WaitState waiting) {
  /** The state of the first task of a new program. */
  static final TaskState INITIAL =
      new TaskState(
          1,
          0,
          SignalState.INITIAL,
          TaskAttributes.State.INITIAL,
          TaskUsage.State.INITIAL,
          0,
          0,
          false,
          0,
          false,
          WaitState.NONE);
}
