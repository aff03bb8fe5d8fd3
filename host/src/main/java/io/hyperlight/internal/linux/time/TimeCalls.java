package io.hyperlight.internal.linux.time;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.base.TaskIdentity;
import io.hyperlight.internal.linux.wait.Deadline;
import io.hyperlight.internal.linux.wait.Restart;
import io.hyperlight.internal.linux.wait.TaskWait;
import io.hyperlight.internal.os.Errno;
import java.time.Instant;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * System calls on clocks and sleeping: {@code clock_gettime(2)} and its relatives.
 *
 * <p>{@link GuestClock} has the time, and {@link ProcessorUsage} the processor time.
 */
public final class TimeCalls {
  private static final long NANOS = 1_000_000_000L;

  private static final int TIMER_ABSTIME = 1;

  /** The bit in numbers of processor clocks that means a thread's clock, not a process's. */
  private static final int PER_THREAD = 4;

  /** The mask of the kind in negative numbers of clocks. One kind is the clock of a device. */
  private static final int CLOCK_SORT = 7;

  private static final int CLOCK_OF_DESCRIPTOR = 3;

  // Parts of the number of a process's or thread's clock: clock_getcpuclockid(3).
  private static final int CLOCK_KIND = 3;
  private static final int CLOCK_NO_PROCESSOR = 3;
  private static final int CLOCK_PROCESS_SHIFT = 3;

  private final GuestClock clock;
  private final ProcessorUsage usage;
  private final TaskWait waiting;
  private final TaskIdentity identity;
  private final IntFunction<@Nullable TaskUsage> threads;
  private final GuestMemory memory;

  /**
   * Creates the calls of a task.
   *
   * @param threads finds what a thread has used by its number, and of the caller by 0
   */
  public TimeCalls(
      GuestClock clock,
      ProcessorUsage usage,
      TaskWait waiting,
      TaskIdentity identity,
      IntFunction<@Nullable TaskUsage> threads,
      GuestMemory memory) {
    this.clock = clock;
    this.usage = usage;
    this.waiting = waiting;
    this.identity = identity;
    this.threads = threads;
    this.memory = memory;
  }

  /** Answers whether a number is that of a processor clock of the process itself. */
  private boolean isProcessorClock(int id) {
    if (id >= 0) {
      return id == ClockNumber.PROCESS_CPUTIME || id == ClockNumber.THREAD_CPUTIME;
    }
    int number = ~(id >> CLOCK_PROCESS_SHIFT);
    return (id & CLOCK_KIND) != CLOCK_NO_PROCESSOR
        && ((id & PER_THREAD) != 0
            ? threads.apply(number) != null
            : identity.own(number) >= 0 || number == identity.thread());
  }

  /** Returns the reading of a processor clock in nanoseconds. */
  private long processorNanos(int id) {
    boolean ofThread = id == ClockNumber.THREAD_CPUTIME || (id < 0 && (id & PER_THREAD) != 0);
    TaskUsage thread = ofThread ? threads.apply(id < 0 ? ~(id >> CLOCK_PROCESS_SHIFT) : 0) : null;
    return thread == null ? usage.processorNanos() : thread.processorNanos();
  }

  private boolean isClock(int id) {
    return id >= 0 ? ClockNumber.isKnown(id) : isProcessorClock(id);
  }

  private static Deadline.Clock clockOf(int id) {
    return id < 0 ? Deadline.Clock.PROCESSOR : ClockNumber.clock(id);
  }

  /** Returns the clock that measures a duration by a clock. Real time may be set meanwhile. */
  private static Deadline.Clock relativeTo(Deadline.Clock clock) {
    return clock == Deadline.Clock.REAL ? Deadline.Clock.MONOTONIC : clock;
  }

  public long clockGettime(int id, long target) {
    if (!isClock(id)) {
      return -Errno.EINVAL;
    }
    if (clockOf(id) != Deadline.Clock.PROCESSOR) {
      clock.readByGuest();
    }
    if (clockOf(id) == Deadline.Clock.REAL) {
      Instant now = clock.instant();
      memory.write(target, Times.pair(now.getEpochSecond(), now.getNano()));
    } else {
      long now = isProcessorClock(id) ? processorNanos(id) : clock.nanos(clockOf(id));
      memory.write(target, Times.pair(now / NANOS, now % NANOS));
    }
    return 0;
  }

  public long clockGetres(int id, long target) {
    if (!isClock(id)) {
      return -Errno.EINVAL;
    }
    if (target != 0) {
      memory.write(target, Times.pair(0, 1));
    }
    return 0;
  }

  public long gettimeofday(long target, long zone) {
    clock.readByGuest();
    Instant now = clock.instant();
    if (target != 0) {
      memory.write(target, Times.pair(now.getEpochSecond(), now.getNano() / 1000));
    }
    if (zone != 0) {
      memory.writeLong(zone, 0);
    }
    return 0;
  }

  public long time(long target) {
    clock.readByGuest();
    long seconds = clock.instant().getEpochSecond();
    if (target != 0) {
      memory.writeLong(target, seconds);
    }
    return seconds;
  }

  public long nanosleep(long wanted, long remaining) {
    return clockNanosleep(ClockNumber.REALTIME, 0, wanted, remaining);
  }

  /** Returns 0 if the guest can sleep by a clock, or an error number. */
  private int sleepError(int id) {
    if (id < 0) {
      // Not possible for the clock of a descriptor or of another process, or for the thread's own
      // clock, which stops while it sleeps.
      return (id & CLOCK_SORT) == CLOCK_OF_DESCRIPTOR
          ? Errno.ENOTSUP
          : isClock(id) && (id & PER_THREAD) == 0 ? 0 : Errno.EINVAL;
    }
    return switch (id) {
      case ClockNumber.THREAD_CPUTIME,
          ClockNumber.MONOTONIC_RAW,
          ClockNumber.REALTIME_COARSE,
          ClockNumber.MONOTONIC_COARSE ->
          Errno.ENOTSUP;
      case ClockNumber.REALTIME_ALARM, ClockNumber.BOOTTIME_ALARM -> Errno.EPERM;
      default -> 0;
    };
  }

  public long clockNanosleep(int id, int flags, long wanted, long remaining) {
    if (id >= 0 && !isClock(id)) {
      return -Errno.EINVAL;
    }
    int error = sleepError(id);
    if (error == Errno.ENOTSUP) {
      return -error;
    }
    boolean absolute = (flags & TIMER_ABSTIME) != 0;
    Deadline.Clock by = clockOf(id);
    if (!waiting.hasDeadline()) {
      long nanos = Times.readNanos(memory, wanted);
      if (nanos < 0) {
        return -Errno.EINVAL;
      }
      if (error != 0) {
        return -error;
      }
      Deadline _ =
          absolute
              ? waiting.deadlineAt(Deadline.at(by, nanos))
              : waiting.deadlineAfter(relativeTo(by), nanos);
    }
    Deadline until = waiting.deadline();
    if (waiting.isOver(until)) {
      return 0;
    }
    if (waiting.isInterrupted() && remaining != 0 && !absolute) {
      long left = waiting.left(until);
      memory.write(remaining, Times.pair(left / NANOS, left % NANOS));
    }
    String what =
        by == Deadline.Clock.PROCESSOR
            ? "sleeps until it has used processor time (clock_nanosleep)"
            : "sleeps (nanosleep)";
    throw waiting.block(what, until, Restart.NEVER);
  }
}
