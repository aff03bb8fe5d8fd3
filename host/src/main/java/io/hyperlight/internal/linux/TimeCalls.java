package io.hyperlight.internal.linux;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.os.TimedPark;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * Clocks and sleeping: {@code clock_gettime(2)} and its relatives.
 *
 * <p>Real time is that of the embedder's clock. Monotonic time begins with the sandbox and tells
 * nothing about the host; after a restore it goes on from where it was in the snapshot, as if the
 * machine had been suspended meanwhile. Processor time is {@link UsageCalls}'.
 */
final class TimeCalls {
  private static final long NANOS = 1_000_000_000L;

  private static final long FURTHEST_SECONDS = Long.MAX_VALUE / NANOS - 1;

  private static final int CLOCK_REALTIME = 0;
  private static final int CLOCK_THREAD = 3;
  private static final int CLOCK_MONOTONIC_RAW = 4;
  private static final int CLOCK_REALTIME_COARSE = 5;
  private static final int CLOCK_MONOTONIC_COARSE = 6;
  private static final int CLOCK_REALTIME_ALARM = 8;
  private static final int CLOCK_BOOTTIME_ALARM = 9;
  private static final int CLOCK_TAI = 11;

  private static final int TIMER_ABSTIME = 1;

  /** In numbers of clocks that count processor time: a thread's, not a process's. */
  private static final int PER_THREAD = 4;

  /** In negative numbers of clocks: what they are of, and that of a device. */
  private static final int CLOCK_SORT = 7;

  private static final int CLOCK_OF_DESCRIPTOR = 3;

  private final SystemCalls guest;
  private final @Nullable InstantSource source;

  /** Monotonic time at {@link #hostStart}. */
  private long start;

  /** When it started to go on, by the host's clock; unknown before somebody asks. */
  private long hostStart;

  private boolean started;

  TimeCalls(SystemCalls guest, @Nullable InstantSource source) {
    this.guest = guest;
    this.source = source;
  }

  static void register(SystemCallTable table) {
    table.on(35, (guest, a, b, c, d, e, f) -> guest.time().nanosleep(a, b));
    table.on(96, (guest, a, b, c, d, e, f) -> guest.time().gettimeofday(a, b));
    table.on(201, (guest, a, b, c, d, e, f) -> guest.time().time(a));
    table.on(228, (guest, a, b, c, d, e, f) -> guest.time().clockGetTime((int) a, b));
    table.on(229, (guest, a, b, c, d, e, f) -> guest.time().clockGetResolution((int) a, b));
    table.on(230, (guest, a, b, c, d, e, f) -> guest.time().clockSleep((int) a, b, c, d));
    // To set clocks is for those with CAP_SYS_TIME.
    for (int number : new int[] {159, 164, 227, 305}) {
      table.refuse(number, Errno.EPERM);
    }
  }

  /** Monotonic time, as the guest has seen it or would see it; 0 if it has never asked. */
  long state() {
    return started ? monotonic() : start;
  }

  void restore(long monotonic) {
    start = monotonic;
    started = false;
  }

  private Instant now() {
    return source == null ? Instant.now() : source.instant();
  }

  /** Real time. */
  Instant instant() {
    return now();
  }

  private long hostNanos() {
    if (source == null) {
      return System.nanoTime();
    }
    Instant now = source.instant();
    // A clock can tell times that are no long: as far as one goes.
    long seconds = Math.clamp(now.getEpochSecond(), -FURTHEST_SECONDS, FURTHEST_SECONDS);
    return seconds * NANOS + now.getNano();
  }

  /**
   * Nanoseconds that never go back, whatever the embedder's clock does. The first is not 0, which
   * some programs take for "never".
   */
  private long monotonic() {
    long host = hostNanos();
    if (!started) {
      started = true;
      hostStart = host;
      start = Math.max(start, 1);
    }
    if (host < hostStart) {
      hostStart = host;
    }
    long passed = host - hostStart;
    // Of a jump by centuries there is no end to be told, so it is none.
    if (passed > 0 && start + passed > start) {
      start += passed;
    }
    hostStart = host;
    return start;
  }

  /** Nanoseconds of one of the two clocks. */
  long now(boolean real) {
    Instant now = now();
    return real ? nanos(now.getEpochSecond(), now.getNano()) : monotonic();
  }

  /** Whether time is not the host's, but the embedder's. */
  boolean isEmbedders() {
    return source != null;
  }

  private static boolean isClock(int clock) {
    return clock >= 0 ? clock <= CLOCK_TAI && clock != 10 : UsageCalls.isProcessorClock(clock);
  }

  private static boolean isReal(int clock) {
    return clock == CLOCK_REALTIME
        || clock == CLOCK_REALTIME_COARSE
        || clock == CLOCK_REALTIME_ALARM
        || clock == CLOCK_TAI;
  }

  private long clockGetTime(int clock, long target) {
    if (!isClock(clock)) {
      return -Errno.EINVAL;
    }
    if (isReal(clock)) {
      Instant now = now();
      guest.mem().write(target, pair(now.getEpochSecond(), now.getNano()));
    } else {
      long now =
          UsageCalls.isProcessorClock(clock)
              ? guest.process().usage().processorNanos()
              : monotonic();
      guest.mem().write(target, pair(now / NANOS, now % NANOS));
    }
    return 0;
  }

  /** {@code struct timespec}, {@code struct timeval} or alike. */
  static ByteBuffer pair(long first, long second) {
    return GuestMemory.struct(16).putLong(first).putLong(second);
  }

  private long clockGetResolution(int clock, long target) {
    if (!isClock(clock)) {
      return -Errno.EINVAL;
    }
    if (target != 0) {
      guest.mem().write(target, pair(0, 1));
    }
    return 0;
  }

  private long gettimeofday(long target, long zone) {
    Instant now = now();
    if (target != 0) {
      guest.mem().write(target, pair(now.getEpochSecond(), now.getNano() / 1000));
    }
    if (zone != 0) {
      guest.mem().writeLong(zone, 0);
    }
    return 0;
  }

  private long time(long target) {
    long seconds = now().getEpochSecond();
    if (target != 0) {
      guest.mem().writeLong(target, seconds);
    }
    return seconds;
  }

  private long nanosleep(long wanted, long remaining) {
    return clockSleep(CLOCK_REALTIME, 0, wanted, remaining);
  }

  /** Whether one can sleep by a clock, or which error it is. */
  private static int sleepError(int clock) {
    if (clock < 0) {
      // Of one that is a descriptor's, of nobody, or the own thread's, which would not go on.
      return (clock & CLOCK_SORT) == CLOCK_OF_DESCRIPTOR
          ? Errno.ENOTSUP
          : isClock(clock) && (clock & PER_THREAD) == 0 ? 0 : Errno.EINVAL;
    }
    return switch (clock) {
      case CLOCK_THREAD, CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE ->
          Errno.ENOTSUP;
      case CLOCK_REALTIME_ALARM, CLOCK_BOOTTIME_ALARM -> Errno.EPERM;
      default -> 0;
    };
  }

  private long clockSleep(int clock, long flags, long wanted, long remaining) {
    if (clock >= 0 && !isClock(clock)) {
      return -Errno.EINVAL;
    }
    int error = sleepError(clock);
    if (error == Errno.ENOTSUP) {
      return -error;
    }
    long nanos = readNanos(wanted);
    if (nanos < 0) {
      return -Errno.EINVAL;
    }
    if (error != 0) {
      return -error;
    }
    boolean processor = UsageCalls.isProcessorClock(clock);
    if ((flags & TIMER_ABSTIME) != 0) {
      nanos -= processor ? guest.process().usage().processorNanos() : now(isReal(clock));
    }
    if (processor && nanos > 0) {
      return guest.stuck("sleeps until it has used processor time (clock_nanosleep)");
    }
    long before = monotonic();
    if (sleep(nanos)) {
      return 0;
    }
    if (remaining != 0 && (flags & TIMER_ABSTIME) == 0) {
      long left = Math.max(0, nanos - (monotonic() - before));
      guest.mem().write(remaining, pair(left / NANOS, left % NANOS));
    }
    return -Errno.EINTR;
  }

  /** Of a {@code struct timespec} of the guest's; as {@link #nanos}. */
  long readNanos(long address) {
    ByteBuffer time = guest.mem().readStruct(address, 16);
    return nanos(time.getLong(), time.getLong());
  }

  /**
   * The same of a {@code struct timeval}, whose second number counts microseconds: any number that
   * is not negative.
   */
  long readMicroseconds(long address) {
    ByteBuffer time = guest.mem().readStruct(address, 16);
    long seconds = time.getLong();
    long rest = time.getLong();
    long more = rest / 1_000_000;
    return rest < 0 || seconds > Long.MAX_VALUE - more
        ? -1
        : nanos(seconds + more, rest % 1_000_000 * 1000);
  }

  /** Of a time that a guest gives; as many as a long holds, -1 if it is none. */
  private static long nanos(long seconds, long nanos) {
    if (seconds < 0 || nanos < 0 || nanos >= NANOS) {
      return -1;
    }
    return seconds >= Long.MAX_VALUE / NANOS ? Long.MAX_VALUE : seconds * NANOS + nanos;
  }

  /**
   * Lets time pass, if it is the host's. By an embedder's clock that is none of its business.
   *
   * @return false if the call is to end, or the thread was interrupted, which then still is
   */
  boolean sleep(long nanos) {
    if (source != null || nanos <= 0) {
      return true;
    }
    if (!guest.machine().goOutside()) {
      return false;
    }
    long begin = System.nanoTime();
    try {
      TimedPark.sleepNanos(nanos);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      guest.process().usage().slept(System.nanoTime() - begin);
      guest.machine().comeBack();
    }
  }
}
