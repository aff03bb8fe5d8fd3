package io.hyperlight.internal.linux.time;

import io.hyperlight.internal.linux.base.GuestMemory;
import java.nio.ByteBuffer;

/** Reads and writes times of guests: {@code struct timespec} and its relatives. */
public final class Times {
  private static final long NANOS = 1_000_000_000L;

  private Times() {}

  /** Returns a {@code struct timespec}, {@code struct timeval} or the like. */
  public static ByteBuffer pair(long first, long second) {
    return GuestMemory.struct(16).putLong(first).putLong(second);
  }

  /** Reads a guest's {@code struct timespec} as {@link #nanos} does. */
  public static long readNanos(GuestMemory memory, long address) {
    ByteBuffer time = memory.readStruct(address, 16);
    return nanos(time.getLong(), time.getLong());
  }

  /**
   * Reads a guest's {@code struct timeval} as {@link #nanos} does. Its microseconds may be any
   * number that is not negative.
   */
  public static long readMicroseconds(GuestMemory memory, long address) {
    ByteBuffer time = memory.readStruct(address, 16);
    long seconds = time.getLong();
    long rest = time.getLong();
    long more = rest / 1_000_000;
    return rest < 0 || seconds > Long.MAX_VALUE - more
        ? -1
        : nanos(seconds + more, rest % 1_000_000 * 1000);
  }

  /**
   * Converts a guest's time to nanoseconds. The result is limited to the range of a long; -1 for an
   * invalid time.
   */
  public static long nanos(long seconds, long nanos) {
    if (seconds < 0 || nanos < 0 || nanos >= NANOS) {
      return -1;
    }
    return seconds >= Long.MAX_VALUE / NANOS ? Long.MAX_VALUE : seconds * NANOS + nanos;
  }
}
