package io.hyperlight.internal.linux.signal;

import io.hyperlight.internal.linux.limits.ResourceLimits;

/**
 * The signals that wait for a task to unblock them. Those sent to the task come before those sent
 * to its process. Among each, signals that faults cause come first, then the lowest number.
 *
 * <p><b>Boundary.</b> The guest chooses how many there are, up to {@link
 * ResourceLimits#MAX_PENDING_SIGNALS}.
 */
public final class PendingSignals {
  /** SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS. */
  private static final long SYNCHRONOUS =
      1L << 3 | 1L << 4 | 1L << 6 | 1L << 7 | 1L << 10 | 1L << 30;

  private final SignalQueue ofTask;
  private final SignalQueue ofProcess;
  private final ProcessSignals process;

  /**
   * Creates the pending signals of a task, without any.
   *
   * @param process the signals of its process
   */
  PendingSignals(ProcessSignals process) {
    this.process = process;
    ofProcess = process.pending();
    ofTask = new SignalQueue(process.count());
  }

  public SignalQueue ofTask() {
    return ofTask;
  }

  /** Returns the pending signals of both sets: a bit for each, from signal 1. */
  long all() {
    return ofTask.pending() | ofProcess.pending();
  }

  /**
   * Returns how many signals are queued with their information, for the process and all its tasks.
   */
  public int size() {
    return process.count().queued();
  }

  /**
   * Adds a signal.
   *
   * @param toTask whether it was sent to the task, not to the process
   * @param limit how many may be queued
   * @return false if there is no room, and the sender gets an error
   */
  boolean add(SignalInfo info, boolean toTask, long limit) {
    boolean isRoom = size() < Math.min(limit, ResourceLimits.MAX_PENDING_SIGNALS);
    return (toTask ? ofTask : ofProcess).add(info, isRoom);
  }

  /**
   * Removes the next signal.
   *
   * @param wanted the signals to choose from; at least one of them is pending
   */
  SignalInfo take(long wanted) {
    SignalQueue from = (ofTask.pending() & wanted) != 0 ? ofTask : ofProcess;
    long candidates = from.pending() & wanted;
    if ((candidates & SYNCHRONOUS) != 0) {
      candidates &= SYNCHRONOUS;
    }
    return process.delivered(from.take(Long.numberOfTrailingZeros(candidates) + 1));
  }
}
