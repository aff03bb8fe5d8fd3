package io.hyperlight.internal.linux.timer;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.limits.HeapBudget;
import io.hyperlight.internal.linux.limits.ResourceLimits;
import io.hyperlight.internal.linux.signal.Signals;
import io.hyperlight.internal.linux.time.Times;
import io.hyperlight.internal.linux.wait.Expirations;
import io.hyperlight.internal.os.Errno;
import java.nio.ByteBuffer;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Timers that send signals: {@code alarm(2)}, {@code setitimer(2)}, {@code timer_create(2)}. */
public final class TimerCalls {
  private static final long NANOS = 1_000_000_000L;
  private static final long MICROS = 1_000_000;

  private static final int ITIMER_REAL = 0;
  private static final int TIMER_SIZE = 32;
  private static final int TIMER_ABSTIME = 1;

  private static final int SIGEV_SIGNAL = 0;
  private static final int SIGEV_NONE = 1;
  private static final int SIGEV_THREAD = 2;
  private static final int SIGEV_THREAD_ID = 4;
  private static final int EVENT_SIZE = 64;

  private final ProcessTimers timers;
  private final ResourceLimits limits;
  private final HeapBudget heap;
  private final IntPredicate isThread;
  private final GuestMemory memory;

  /**
   * Creates the calls of a task.
   *
   * @param isThread answers whether a number is that of a thread of the process
   */
  public TimerCalls(
      ProcessTimers timers,
      ResourceLimits limits,
      HeapBudget heap,
      IntPredicate isThread,
      GuestMemory memory) {
    this.timers = timers;
    this.limits = limits;
    this.heap = heap;
    this.isThread = isThread;
    this.memory = memory;
  }

  /** Holds a setting of a timer, in nanoseconds. */
  private record Setting(long value, long interval) {
    /** Limits a duration, so that a sum with a time does not overflow. */
    Expirations from(long now) {
      return value == 0
          ? Expirations.NONE
          : Expirations.at(value > Long.MAX_VALUE - now ? Long.MAX_VALUE : now + value, interval);
    }
  }

  // Timers of setitimer(2).

  /** Answers {@code alarm(2)}, which rounds the remaining time to seconds, but not to 0. */
  public long alarm(int seconds) {
    IntervalTimer timer = timers.interval(ITIMER_REAL);
    long left = timer.left();
    timer.set(new Setting(Integer.toUnsignedLong(seconds) * NANOS, 0).from(timer.now()));
    long rounded = (left + NANOS / 2) / NANOS;
    return left == 0 ? 0 : Math.max(1, rounded);
  }

  public long getitimer(int kind, long target) {
    if (kind < 0 || kind >= timers.intervalCount()) {
      return -Errno.EINVAL;
    }
    memory.write(target, current(timers.interval(kind), 1000));
    return 0;
  }

  /** Returns interval and remaining time, as Linux has them in both kinds of structures. */
  private static ByteBuffer current(SignalTimer timer, int unit) {
    long interval = timer.expirations().interval();
    // A timer that runs never shows 0.
    long left = timer.left();
    long shown = left == 0 ? 0 : Math.max(unit, left);
    return GuestMemory.struct(TIMER_SIZE)
        .putLong(interval / NANOS)
        .putLong(interval % NANOS / unit)
        .putLong(shown / NANOS)
        .putLong(shown % NANOS / unit);
  }

  public long setitimer(int kind, long source, long target) {
    Setting wanted = source == 0 ? new Setting(0, 0) : readSetting(source, MICROS);
    if (wanted == null || kind < 0 || kind >= timers.intervalCount()) {
      return -Errno.EINVAL;
    }
    IntervalTimer timer = timers.interval(kind);
    ByteBuffer before = current(timer, 1000);
    timer.set(wanted.from(timer.now()));
    if (target != 0) {
      memory.write(target, before);
    }
    return 0;
  }

  /**
   * Reads a {@code struct itimerval} or {@code struct itimerspec}.
   *
   * @param parts into how many parts it divides a second
   * @return null if it holds no valid times
   */
  private @Nullable Setting readSetting(long source, long parts) {
    ByteBuffer struct = memory.readStruct(source, TIMER_SIZE);
    long interval = nanos(struct.getLong(), struct.getLong(), parts);
    long value = nanos(struct.getLong(), struct.getLong(), parts);
    return interval < 0 || value < 0 ? null : new Setting(value, interval);
  }

  private static long nanos(long seconds, long rest, long parts) {
    return rest < 0 || rest >= parts ? -1 : Times.nanos(seconds, rest * (NANOS / parts));
  }

  // Timers of timer_create(2).

  public long timerCreate(int clock, long event, long target) {
    int id = timers.nextId();
    int signal = Signals.SIGALRM;
    int notify = SIGEV_SIGNAL;
    long value = id;
    int thread = 0;
    if (event != 0) {
      ByteBuffer struct = memory.readStruct(event, EVENT_SIZE);
      value = struct.getLong();
      signal = struct.getInt();
      notify = struct.getInt();
      thread = struct.getInt();
    }
    Clocks.require(clock);
    boolean toThread = notify == SIGEV_THREAD_ID;
    boolean known =
        switch (notify) {
          case SIGEV_SIGNAL, SIGEV_THREAD, SIGEV_THREAD_ID -> signal > 0 && signal <= Signals.COUNT;
          case SIGEV_NONE -> true;
          default -> false;
        };
    if (!known || (toThread && !isThread.test(thread))) {
      return -Errno.EINVAL;
    }
    if (timers.count() >= limits.pendingSignals()) {
      return -Errno.EAGAIN;
    }
    heap.require(256);
    memory.writeInt(target, id);
    timers.add(
        new PosixTimer.Setup(
            id,
            clock,
            notify == SIGEV_NONE ? 0 : signal,
            value,
            toThread ? thread : TimerTarget.PROCESS));
    return 0;
  }

  public long timerSettime(int id, int flags, long source, long target) {
    if (source == 0) {
      return -Errno.EINVAL;
    }
    Setting wanted = readSetting(source, NANOS);
    if (wanted == null) {
      return -Errno.EINVAL;
    }
    PosixTimer timer = timers.get(id);
    ByteBuffer before = current(timer, 1);
    if ((flags & TIMER_ABSTIME) != 0) {
      timer.restart(
          wanted.value == 0 ? Expirations.NONE : Expirations.at(wanted.value, wanted.interval));
    } else {
      timer.restart(wanted.from(timer.now()));
    }
    if (target != 0) {
      memory.write(target, before);
    }
    return 0;
  }

  public long timerGettime(int id, long target) {
    memory.write(target, current(timers.get(id), 1));
    return 0;
  }

  public long timerGetoverrun(int id) {
    return timers.get(id).overrun();
  }

  public long timerDelete(int id) {
    timers.remove(id);
    return 0;
  }
}
