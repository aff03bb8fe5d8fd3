package io.hyperlight.internal.machine;

import io.hyperlight.internal.machine.arch.Architecture;
import io.hyperlight.internal.os.SystemCallException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The host's clocks over the processor's counter: how fast monotonic time passes, measured for as
 * long as the process runs, and how far real time is ahead of it.
 *
 * <p>The counter is used only while the host's kernel computes its own time from it. Otherwise it
 * may stop, or differ between processors.
 *
 * <p>Real and monotonic time have a constant distance until somebody sets the clock. So the
 * distance is kept, although each measurement of it has an error. Otherwise real time would step.
 *
 * <p>Many threads may use it at the same time.
 */
final class HostTime {
  /** The shift of a {@linkplain Reading#slope slope}. */
  static final int SHIFT = 32;

  private static final Path CLOCK_SOURCE =
      Path.of("/sys/devices/system/clocksource/clocksource0/current_clocksource");

  /** The clock source that is the processor's counter. */
  private static final String COUNTER_SOURCE = "tsc";

  private static final long NANOS = 1_000_000_000L;

  /** The shortest time over which a slope is measured, in nanoseconds. */
  private static final long SHORTEST = 1_000_000;

  /** A slope is known if its error is at most one part in this many. */
  private static final long PRECISION = 2000;

  /** The maximum width of a reading that is of use, in nanoseconds. */
  private static final long MAXIMUM_WIDTH = 100_000;

  /** A slope is measured over this time or twice as much, once the process runs so long. */
  private static final long WINDOW = 10 * NANOS;

  /** A change of the slope that no clock makes by itself: one part in this many. */
  private static final long MAXIMUM_CHANGE = 1000;

  /** The slopes that counters can have: from 16 MHz to 16 GHz. */
  private static final long LEAST_SLOPE = (1L << SHIFT) / 16;

  private static final long GREATEST_SLOPE = (1L << SHIFT) * 64;

  /** A change of the distance to real time that is no error: somebody has set the clock. */
  private static final long STEP = 10_000;

  private static final int ATTEMPTS = 4;

  private static @Nullable HostTime ofProcess;

  /**
   * A reading of all clocks at one moment.
   *
   * @param counter the processor's
   * @param nanos monotonic time
   * @param slope nanoseconds for each 2^{@value #SHIFT} counts; positive
   * @param ahead how far real time is ahead of monotonic time, in nanoseconds
   * @param epoch another number if the counter was set since an earlier reading
   */
  record Reading(long counter, long nanos, long slope, long ahead, int epoch) {}

  /**
   * A moment by two clocks.
   *
   * @param width of the interval of the counter in which it is the middle
   */
  private record Moment(long counter, long nanos, long width) {}

  private final LongSupplier counter;
  private final LongSupplier nanos;
  private final LongSupplier real;
  private final BooleanSupplier isTrusted;

  /** The beginning of the time over which slopes are measured. It is null before the first. */
  private @Nullable Moment older;

  /** The beginning of the next such time. */
  private @Nullable Moment newer;

  /** The last slope; 0 if there is none. */
  private long slope;

  /** The least width of a moment; 0 before the first. */
  private long leastWidth;

  private long ahead;
  private boolean isAheadKnown;
  private boolean trusted;
  private int epoch;

  /**
   * Creates it for clocks. All but the counter are in nanoseconds.
   *
   * @param isTrusted whether the host's kernel trusts the counter now
   */
  HostTime(LongSupplier counter, LongSupplier nanos, LongSupplier real, BooleanSupplier isTrusted) {
    this.counter = counter;
    this.nanos = nanos;
    this.real = real;
    this.isTrusted = isTrusted;
  }

  /** Returns that of the process. */
  static synchronized HostTime ofProcess(Architecture kind) {
    HostTime known = ofProcess;
    if (known == null) {
      known = make(kind);
      ofProcess = known;
    }
    return known;
  }

  private static HostTime make(Architecture kind) {
    try {
      if (!isCounterTheClockSource()) {
        return unusable();
      }
      LongSupplier counter = kind.hostCounter();
      long _ = counter.getAsLong(); // links it
      return new HostTime(
          counter, System::nanoTime, HostTime::realNanos, HostTime::isCounterTheClockSource);
    } catch (SystemCallException | LinkageError e) {
      return unusable();
    }
  }

  private static HostTime unusable() {
    return new HostTime(() -> 0, System::nanoTime, HostTime::realNanos, () -> false);
  }

  private static long realNanos() {
    Instant now = Instant.now();
    return now.getEpochSecond() * NANOS + now.getNano();
  }

  private static boolean isCounterTheClockSource() {
    try {
      return Files.readString(CLOCK_SOURCE).strip().equals(COUNTER_SOURCE);
    } catch (IOException e) {
      return false;
    }
  }

  /** Returns the counter. */
  long counter() {
    return counter.getAsLong();
  }

  /** Reads all clocks. Returns null if the counter cannot be used, or is not known enough yet. */
  synchronized @Nullable Reading read() {
    Moment begin = older;
    if (begin == null || newer == null) {
      begin(moment());
      return null;
    }
    if (!trusted) {
      return null;
    }
    Moment now = moment();
    long passed = now.nanos - begin.nanos;
    long counts = now.counter - begin.counter;
    if (slope == 0 && (passed < SHORTEST || counts / PRECISION < begin.width + now.width)) {
      return null;
    }
    long measured = slope(counts, passed);
    if (measured == 0 || (slope != 0 && Math.abs(measured - slope) > slope / MAXIMUM_CHANGE)) {
      begin(now); // the host was suspended or moved, or somebody has set the counter
      return null;
    }
    if (now.width > (MAXIMUM_WIDTH << SHIFT) / measured) {
      return null;
    }
    slope = measured;
    if (now.nanos - newer.nanos > WINDOW) {
      older = newer;
      newer = now;
      trusted = isTrusted.getAsBoolean();
    }
    measureDistance();
    return new Reading(now.counter, now.nanos, slope, ahead, epoch);
  }

  private void begin(Moment now) {
    older = now;
    newer = now;
    slope = 0;
    epoch++;
    trusted = isTrusted.getAsBoolean();
  }

  /** Returns the slope between two readings; 0 if no counter has such a slope. */
  static long slope(long counts, long nanos) {
    if (counts <= 0 || nanos <= 0) {
      return 0;
    }
    long slope = Math.round((double) nanos / counts * (1L << SHIFT));
    return slope >= LEAST_SLOPE && slope <= GREATEST_SLOPE ? slope : 0;
  }

  /** Reads two clocks, as close to each other as a few attempts get, or earlier ones got. */
  private Moment moment() {
    Moment best = new Moment(0, 0, Long.MAX_VALUE);
    for (int i = 0; i < ATTEMPTS && best.width > leastWidth + leastWidth / 2; i++) {
      long before = counter.getAsLong();
      long time = nanos.getAsLong();
      long width = counter.getAsLong() - before;
      if (width >= 0 && width < best.width) {
        best = new Moment(before + width / 2, time, width);
      }
    }
    leastWidth = leastWidth == 0 ? best.width : Math.min(leastWidth, best.width);
    return best;
  }

  private void measureDistance() {
    long least = Long.MAX_VALUE;
    long low = 0;
    for (int i = 0; i < ATTEMPTS; i++) {
      long before = nanos.getAsLong();
      long now = real.getAsLong();
      long after = nanos.getAsLong();
      if (after - before < least) {
        least = after - before;
        low = now - after;
      }
      if (isAheadKnown && ahead >= low - STEP && ahead <= low + least + STEP) {
        return;
      }
    }
    ahead = low + least / 2;
    isAheadKnown = true;
  }
}
