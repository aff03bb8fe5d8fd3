package io.hyperlight.internal.linux.time;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.wait.Expirations;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A setting of a timer: {@code struct itimerspec} and {@code struct itimerval}.
 *
 * @param value the time until the first expiration, or its time, in nanoseconds; 0 for none
 * @param interval the time between expirations in nanoseconds; 0 for only one
 */
public record TimerSpec(long value, long interval) {
  private static final long NANOS = 1_000_000_000L;
  private static final int SIZE = 32;

  /** The setting of a timer that is stopped. */
  public static final TimerSpec STOPPED = new TimerSpec(0, 0);

  /**
   * Reads a setting.
   *
   * @param unit how many nanoseconds the second number of each time counts
   * @return null if it holds no valid times
   */
  public static @Nullable TimerSpec read(GuestMemory memory, long address, int unit) {
    ByteBuffer struct = memory.readStruct(address, SIZE);
    long interval = nanos(struct.getLong(), struct.getLong(), unit);
    long value = nanos(struct.getLong(), struct.getLong(), unit);
    return interval < 0 || value < 0 ? null : new TimerSpec(value, interval);
  }

  private static long nanos(long seconds, long rest, int unit) {
    return rest < 0 || rest >= NANOS / unit ? -1 : Times.nanos(seconds, rest * unit);
  }

  /** Returns the structure. */
  public ByteBuffer struct(int unit) {
    return GuestMemory.struct(SIZE)
        .putLong(interval / NANOS)
        .putLong(interval % NANOS / unit)
        .putLong(value / NANOS)
        .putLong(value % NANOS / unit);
  }

  /** Returns the expirations if the value is the time of the first one. */
  public Expirations at() {
    return value == 0 ? Expirations.NONE : Expirations.at(value, interval);
  }

  /** Returns the expirations if the value is the time from now until the first one. */
  public Expirations from(long now) {
    return value == 0
        ? Expirations.NONE
        : Expirations.at(value > Long.MAX_VALUE - now ? Long.MAX_VALUE : now + value, interval);
  }
}
