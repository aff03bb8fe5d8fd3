package io.hyperlight.internal.linux.timer;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.limits.HeapBudget;
import io.hyperlight.internal.linux.limits.ResourceLimits;
import io.hyperlight.internal.linux.signal.Signals;
import io.hyperlight.internal.linux.time.TimerSpec;
import io.hyperlight.internal.os.Errno;
import java.nio.ByteBuffer;
import java.util.function.IntPredicate;

/** Timers that send signals: {@code alarm(2)}, {@code setitimer(2)}, {@code timer_create(2)}. */
public final class TimerCalls {
  private static final long NANOS = 1_000_000_000L;

  private static final int ITIMER_REAL = 0;
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

  // Timers of setitimer(2).

  /** Answers {@code alarm(2)}, which rounds the remaining time to seconds, but not to 0. */
  public long alarm(int seconds) {
    IntervalTimer timer = timers.interval(ITIMER_REAL);
    long left = timer.left();
    timer.set(new TimerSpec(Integer.toUnsignedLong(seconds) * NANOS, 0).from(timer.now()));
    long rounded = (left + NANOS / 2) / NANOS;
    return left == 0 ? 0 : Math.max(1, rounded);
  }

  public long getitimer(int kind, long target) {
    if (kind < 0 || kind >= ProcessTimers.INTERVALS) {
      return -Errno.EINVAL;
    }
    memory.write(target, current(timers.interval(kind), 1000));
    return 0;
  }

  /** Returns interval and remaining time. A timer that runs never shows 0. */
  private static ByteBuffer current(SignalTimer timer, int unit) {
    long left = timer.left();
    return new TimerSpec(left == 0 ? 0 : Math.max(unit, left), timer.expirations().interval())
        .struct(unit);
  }

  public long setitimer(int kind, long source, long target) {
    TimerSpec wanted = source == 0 ? TimerSpec.STOPPED : TimerSpec.read(memory, source, 1000);
    if (wanted == null || kind < 0 || kind >= ProcessTimers.INTERVALS) {
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
    heap.require(ProcessTimers.HEAP_BYTES);
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
    TimerSpec wanted = TimerSpec.read(memory, source, 1);
    if (wanted == null) {
      return -Errno.EINVAL;
    }
    PosixTimer timer = timers.get(id);
    ByteBuffer before = current(timer, 1);
    if ((flags & TIMER_ABSTIME) != 0) {
      timer.restart(wanted.at());
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
