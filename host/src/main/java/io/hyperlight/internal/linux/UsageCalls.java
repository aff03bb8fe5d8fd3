package io.hyperlight.internal.linux;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.os.HostThreads;
import java.nio.ByteBuffer;

/**
 * What the process has used: {@code getrusage(2)}, {@code times(2)}, and the clocks that count
 * processor time.
 *
 * <p>Processor time is that of the thread that the guest's processor runs on. A call costs nothing
 * as long as its guest does not ask: what it has used before it asks first is taken to be the time
 * that has passed, without that in which it slept. With a clock of the embedder's, processor time
 * is that clock's, so that it is the same in each run. In any case it never goes back, and goes on
 * after a restore from where the snapshot has it.
 */
final class UsageCalls {
  private static final long NANOS = 1_000_000_000L;
  private static final long TICKS = 100;
  private static final int PAGE_SIZE = 4096;

  private static final int RUSAGE_CHILDREN = -1;
  private static final int RUSAGE_THREAD = 1;
  private static final int RUSAGE_SIZE = 144;

  private static final int CLOCK_PROCESS = 2;
  private static final int CLOCK_THREAD = 3;

  // In numbers of clocks that name a process or thread: clock_getcpuclockid(3).
  private static final int CLOCK_KIND = 3;
  private static final int CLOCK_NO_PROCESSOR = 3;
  private static final int CLOCK_PROCESS_SHIFT = 3;

  private final SystemCalls guest;

  private long processorNanos;
  private long peakBytes;

  // Of the running call.
  private boolean looked;
  private int thread;
  private long threadNanos;
  private long sleptNanos;

  UsageCalls(SystemCalls guest) {
    this.guest = guest;
  }

  static void register(SystemCallTable table) {
    table.on(98, (guest, a, b, c, d, e, f) -> guest.process().usage().getrusage((int) a, b));
    table.on(100, (guest, a, b, c, d, e, f) -> guest.process().usage().times(a));
  }

  ProcessState.Usage state() {
    return processorNanos == 0 && peakBytes == 0
        ? ProcessState.Usage.INITIAL
        : new ProcessState.Usage(processorNanos, peakBytes);
  }

  void restore(ProcessState.Usage earlier) {
    processorNanos = earlier.processorNanos();
    peakBytes = earlier.peakBytes();
    looked = false;
  }

  void beginCall() {
    looked = false;
    sleptNanos = 0;
  }

  /** Says that the guest has slept. */
  void slept(long nanos) {
    sleptNanos += nanos;
  }

  /** Whether a number is a clock's that counts processor time, of the process's own. */
  static boolean isProcessorClock(int clock) {
    if (clock >= 0) {
      return clock == CLOCK_PROCESS || clock == CLOCK_THREAD;
    }
    return (clock & CLOCK_KIND) != CLOCK_NO_PROCESSOR
        && ProcessCalls.own(~(clock >> CLOCK_PROCESS_SHIFT)) >= 0;
  }

  /** Processor time in nanoseconds; never less than before. */
  long processorNanos() {
    if (guest.time().isEmbedders()) {
      processorNanos = Math.max(processorNanos, guest.time().now(false));
      return processorNanos;
    }
    int now = guest.machine().processorThread();
    long clock = HostThreads.processorNanos(now);
    if (clock >= 0) {
      if (looked && now == thread) {
        processorNanos += Math.max(0, clock - threadNanos);
      } else {
        long passed = guest.machine().callNanos() - sleptNanos;
        processorNanos += looked ? 0 : Math.clamp(passed, 0, clock);
      }
      looked = true;
      thread = now;
      threadNanos = clock;
    }
    return processorNanos;
  }

  private long usedBytes() {
    return guest.machine().memorySizeBytes() - guest.space().freeBytes();
  }

  /** The most memory that was used at one of the times that somebody asked. */
  long peakBytes() {
    peakBytes = Math.max(peakBytes, usedBytes());
    return peakBytes;
  }

  private long getrusage(int who, long target) {
    if (who < RUSAGE_CHILDREN || who > RUSAGE_THREAD) {
      return -Errno.EINVAL;
    }
    ByteBuffer usage = GuestMemory.struct(RUSAGE_SIZE);
    if (who != RUSAGE_CHILDREN) { // there are none
      long nanos = processorNanos();
      usage
          .putLong(0, nanos / NANOS)
          .putLong(8, nanos % NANOS / 1000)
          .putLong(32, peakBytes() / 1024)
          .putLong(64, peakBytes() / PAGE_SIZE); // each page was touched once
    }
    guest.mem().write(target, usage);
    return 0;
  }

  private long times(long target) {
    if (target != 0) {
      long ticks = processorNanos() / (NANOS / TICKS);
      guest.mem().write(target, GuestMemory.struct(32).putLong(ticks));
    }
    return 1 + guest.time().now(false) / (NANOS / TICKS); // 0 could mean never
  }
}
