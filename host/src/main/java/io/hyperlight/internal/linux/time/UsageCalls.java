package io.hyperlight.internal.linux.time;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.os.Errno;
import java.nio.ByteBuffer;

/** Reports what the process has used: {@code getrusage(2)}, {@code times(2)}. */
public final class UsageCalls {
  private static final long NANOS = 1_000_000_000L;
  private static final long TICKS = 100;
  private static final int PAGE_SIZE = 4096;

  private static final int RUSAGE_CHILDREN = -1;
  private static final int RUSAGE_THREAD = 1;
  private static final int RUSAGE_SIZE = 144;

  private final ProcessorUsage usage;
  private final TaskUsage thread;
  private final GuestClock clock;
  private final GuestMemory memory;

  public UsageCalls(ProcessorUsage usage, TaskUsage thread, GuestClock clock, GuestMemory memory) {
    this.usage = usage;
    this.thread = thread;
    this.clock = clock;
    this.memory = memory;
  }

  public long getrusage(int who, long target) {
    if (who < RUSAGE_CHILDREN || who > RUSAGE_THREAD) {
      return -Errno.EINVAL;
    }
    ByteBuffer struct = GuestMemory.struct(RUSAGE_SIZE);
    if (who != RUSAGE_CHILDREN) { // there are no children
      long nanos = who == RUSAGE_THREAD ? thread.processorNanos() : usage.processorNanos();
      struct
          .putLong(0, nanos / NANOS)
          .putLong(8, nanos % NANOS / 1000)
          .putLong(32, usage.peakBytes() / 1024)
          .putLong(64, usage.peakBytes() / PAGE_SIZE); // one fault for each page
    }
    memory.write(target, struct);
    return 0;
  }

  public long times(long target) {
    if (target != 0) {
      long ticks = usage.processorNanos() / (NANOS / TICKS);
      memory.write(target, GuestMemory.struct(32).putLong(ticks));
    }
    return 1 + clock.now(false) / (NANOS / TICKS); // programs could take 0 for "never"
  }
}
