package io.hyperlight.internal.linux.time;

import io.hyperlight.internal.linux.base.GuestMemory;
import java.nio.ByteBuffer;

/** Times as guests write and read them: {@code struct timespec} and its relatives. */
public final class Times {
  private static final long NANOS = 1_000_000_000L;

  private Times() {}

  /** {@code struct timespec}, {@code struct timeval} or alike. */
  public static ByteBuffer pair(long first, long second) {
    return GuestMemory.struct(16).putLong(first).putLong(second);
  }

  /** Of a {@code struct timespec} of the guest's; as {@link #nanos}. */
  public static long readNanos(GuestMemory memory, long address) {
    ByteBuffer time = memory.readStruct(address, 16);
    return nanos(time.getLong(), time.getLong());
  }

  /**
   * The same of a {@code struct timeval}, whose second number counts microseconds: any number that
   * is not negative.
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

  /** Of a time that a guest gives; as many as a long holds, -1 if it is none. */
  static long nanos(long seconds, long nanos) {
    if (seconds < 0 || nanos < 0 || nanos >= NANOS) {
      return -1;
    }
    return seconds >= Long.MAX_VALUE / NANOS ? Long.MAX_VALUE : seconds * NANOS + nanos;
  }
}
