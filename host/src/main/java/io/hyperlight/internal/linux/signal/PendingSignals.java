package io.hyperlight.internal.linux.signal;

import io.hyperlight.internal.linux.limits.ResourceLimits;

/**
 * The signals that wait for a task to unblock them: what was sent to the task comes before what was
 * sent to its process. Of each, the lowest number comes first, but before all others what a fault
 * would cause.
 *
 * <p><b>Boundary.</b> How many there are is the guest's choice, up to {@link
 * ResourceLimits#MAX_PENDING_SIGNALS}.
 */
public final class PendingSignals {
  /** SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS. */
  private static final long SYNCHRONOUS =
      1L << 3 | 1L << 4 | 1L << 6 | 1L << 7 | 1L << 10 | 1L << 30;

  private final SignalQueue ofTask = new SignalQueue();
  private final SignalQueue ofProcess;

  /**
   * None for a task.
   *
   * @param ofProcess what is pending for its process
   */
  PendingSignals(SignalQueue ofProcess) {
    this.ofProcess = ofProcess;
  }

  public SignalQueue ofTask() {
    return ofTask;
  }

  /** A bit for each that is pending in one of the sets, from signal 1. */
  long all() {
    return ofTask.pending() | ofProcess.pending();
  }

  /** How many wait with what they are about. */
  public int size() {
    return ofTask.size() + ofProcess.size();
  }

  /**
   * Adds one.
   *
   * @param toTask whether it was sent to the task, not to the process
   * @param limit how many may wait
   * @return false if there is no room for it, and its sender is to be told
   */
  boolean add(SignalInfo info, boolean toTask, long limit) {
    boolean isRoom = size() < Math.min(limit, ResourceLimits.MAX_PENDING_SIGNALS);
    return (toTask ? ofTask : ofProcess).add(info, isRoom);
  }

  /**
   * Takes the next one out.
   *
   * @param wanted the signals among which one is pending
   */
  SignalInfo take(long wanted) {
    SignalQueue from = (ofTask.pending() & wanted) != 0 ? ofTask : ofProcess;
    long candidates = from.pending() & wanted;
    if ((candidates & SYNCHRONOUS) != 0) {
      candidates &= SYNCHRONOUS;
    }
    return from.take(Long.numberOfTrailingZeros(candidates) + 1);
  }

  /** Forgets all of some signals. */
  void discard(long signals) {
    ofTask.discard(signals);
    ofProcess.discard(signals);
  }
}
