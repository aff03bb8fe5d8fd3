package io.hyperlight.internal.machine;

import io.hyperlight.internal.os.HostThreads;
import org.jspecify.annotations.Nullable;

/**
 * Measures how much processor time a call has used.
 *
 * <p>A vCPU with a thread of its own may run all the time that the call takes, and the thread does
 * nothing else. The watchdog compares that thread's clock with its value when it first saw the
 * call. That costs the call nothing. A thread that runs vCPUs of several sandboxes in turn reads
 * its clock before and after each run.
 */
final class ProcessorTime {
  /** A run that has not ended. */
  private static final class Turn {
    final int thread;

    /** The value of the thread's clock if the call had used nothing. */
    final long base;

    Turn(int thread, long base) {
      this.thread = thread;
      this.base = base;
    }
  }

  // Of threads that take turns.
  private volatile long turnsOf = -1;
  private volatile long usedBefore;
  private volatile @Nullable Turn turn;

  // Of the watchdog.
  private long seenCall = -1;
  private int seenThread;
  private long seenBase;

  /** Says that a run begins on a thread that takes turns. */
  void begin(long call, int thread) {
    if (turnsOf != call) {
      usedBefore = 0;
      turnsOf = call;
    }
    turn = new Turn(thread, HostThreads.processorNanos(thread) - usedBefore);
  }

  /**
   * Says that the run has ended.
   *
   * @return how much the call has used, in nanoseconds
   */
  long end() {
    Turn ended = turn;
    if (ended != null) {
      usedBefore = HostThreads.processorNanos(ended.thread) - ended.base;
      turn = null;
    }
    return usedBefore;
  }

  /**
   * Returns for the watchdog how much a call has used, in nanoseconds, or 0 as long as that is not
   * known.
   *
   * @param thread that runs the call, if it does nothing else; 0 if none has yet
   */
  long used(long call, int thread) {
    if (turnsOf == call) {
      Turn now = turn;
      if (now == null) {
        return usedBefore;
      }
      long used = HostThreads.processorNanos(now.thread) - now.base;
      return turn == now ? used : 0;
    }
    if (thread == 0) {
      return 0; // none has run the vCPU yet
    }
    long clock = HostThreads.processorNanos(thread);
    if (clock < 0) {
      return 0; // the thread has ended, and the call with it
    }
    if (call != seenCall || thread != seenThread) {
      seenCall = call;
      seenThread = thread;
      seenBase = clock;
    }
    return clock - seenBase;
  }
}
