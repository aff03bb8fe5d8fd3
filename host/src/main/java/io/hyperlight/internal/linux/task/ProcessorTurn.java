package io.hyperlight.internal.linux.task;

import org.jspecify.annotations.Nullable;

/**
 * What the {@link Scheduler} knows of one processor.
 *
 * @param <T> what takes turns on it
 */
final class ProcessorTurn<T> {
  /** The number of the vCPU. */
  final int processor;

  /** The task that runs, or ran last. */
  @Nullable T current;

  /** The task whose registers are in the processor. */
  @Nullable T attached;

  /** Whether the current task has asked that others run. */
  boolean yields;

  /** The host's time at which the turn of the current task is over; 0 if nobody waits for that. */
  long turnEnd;

  /** Whether the machine may stop the current task. */
  boolean isPlanned;

  /** Whether the current task runs, or the host works for it. Only of several processors. */
  boolean isBusy;

  /** The host's time until which a processor waits that is not busy. */
  long idleUntil;

  ProcessorTurn(int processor) {
    this.processor = processor;
  }

  /** Forgets everything but the number. */
  void forget() {
    current = null;
    attached = null;
    yields = false;
    turnEnd = 0;
    isPlanned = false;
    isBusy = false;
    idleUntil = 0;
  }
}
