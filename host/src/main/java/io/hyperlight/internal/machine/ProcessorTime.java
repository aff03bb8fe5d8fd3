package io.hyperlight.internal.machine;

import io.hyperlight.internal.os.HostThreads;
import org.jspecify.annotations.Nullable;

/**
 * How much processor time a call has used.
 *
 * <p>Of a thread that does nothing but the call, the watchdog compares the clock with what it was
 * when it first saw the call: that costs the call nothing. So it is where a vCPU has a thread of
 * its own, which may run all the time that the call takes. A thread that runs vCPUs of several
 * sandboxes in turn reads its clock before and after each run.
 */
final class ProcessorTime {
  /** A run that is going on. */
  private static final class Turn {
    final int thread;

    /** What the thread's clock would have said if the call had used nothing. */
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

  /** A run begins on a thread that takes turns. */
  void begin(long call, int thread) {
    if (turnsOf != call) {
      usedBefore = 0;
      turnsOf = call;
    }
    turn = new Turn(thread, HostThreads.processorNanos(thread) - usedBefore);
  }

  /** It has ended; how much the call has used. */
  long end() {
    Turn ended = turn;
    if (ended != null) {
      usedBefore = HostThreads.processorNanos(ended.thread) - ended.base;
      turn = null;
    }
    return usedBefore;
  }

  /**
   * How much a call has used, for the watchdog; 0 as long as that is not known.
   *
   * @param thread that it runs on, if that does nothing else
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
