package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.time.Times;
import io.hyperlight.internal.linux.wait.Deadline;
import io.hyperlight.internal.linux.wait.TaskWait;
import io.hyperlight.internal.machine.memory.GuestAddressException;
import org.jspecify.annotations.Nullable;

/**
 * How long a call may wait for descriptors.
 *
 * @param nanos {@link #FOREVER} for no limit
 * @param address where the remaining time is written; 0 for nowhere
 * @param unit how many nanoseconds the second number there counts
 */
record PollTimeout(long nanos, long address, int unit) {
  private static final long FOREVER = -1;

  /** Stands for a time that the first run of the call has read, so that the task has a deadline. */
  private static final long HAS_DEADLINE = 1;

  private static final long NANOS = 1_000_000_000L;

  static PollTimeout of(int milliseconds) {
    return new PollTimeout(milliseconds < 0 ? FOREVER : milliseconds * 1_000_000L, 0, 1);
  }

  /**
   * Reads a timeout from a structure, to which the remaining time is written in the end. The time
   * begins with the first run of the call.
   *
   * @param unit how many nanoseconds the second number counts
   * @return null if the structure holds no valid time
   */
  static @Nullable PollTimeout read(GuestMemory memory, TaskWait waiting, long address, int unit) {
    if (address == 0) {
      return new PollTimeout(FOREVER, 0, unit);
    }
    if (waiting.hasDeadline()) {
      return new PollTimeout(HAS_DEADLINE, address, unit);
    }
    long nanos =
        unit == 1 ? Times.readNanos(memory, address) : Times.readMicroseconds(memory, address);
    if (nanos < 0) {
      return null;
    }
    if (nanos > 0) {
      waiting.deadlineAfter(nanos);
    }
    return new PollTimeout(nanos, address, unit);
  }

  /** Reads a timeout from a structure that is not changed. */
  static @Nullable PollTimeout readOnly(GuestMemory memory, TaskWait waiting, long address) {
    if (address == 0) {
      return new PollTimeout(FOREVER, 0, 1);
    }
    if (waiting.hasDeadline()) {
      return new PollTimeout(HAS_DEADLINE, 0, 1);
    }
    long nanos = Times.readNanos(memory, address);
    return nanos < 0 ? null : new PollTimeout(nanos, 0, 1);
  }

  /** Returns when the time is over. */
  Deadline deadline(TaskWait waiting) {
    return waiting.deadlineAfter(nanos);
  }

  boolean isOver(TaskWait waiting) {
    return nanos == 0 || (nanos > 0 && waiting.isOver(deadline(waiting)));
  }

  /** Writes the remaining time, as Linux does at every end of such a call. */
  void tell(GuestMemory memory, TaskWait waiting) {
    if (address != 0 && nanos > 0) {
      long left = waiting.left(deadline(waiting));
      try {
        memory.write(address, Times.pair(left / NANOS, left % NANOS / unit));
      } catch (GuestAddressException _) {
        // The structure may be read-only. That is no error.
      }
    }
  }
}
