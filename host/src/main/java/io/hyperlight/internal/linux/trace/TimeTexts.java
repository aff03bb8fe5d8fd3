package io.hyperlight.internal.linux.trace;

import io.hyperlight.internal.os.Errno;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.function.Function;

/** Formats times for traces. */
final class TimeTexts {
  private static final int TIME_SIZE = 16;
  private static final long UTIME_NOW = 0x3fff_ffff;
  private static final long UTIME_OMIT = 0x3fff_fffe;

  private TimeTexts() {}

  static void register(Map<String, ArgumentKind> kinds) {
    kinds.put("timespec", StructTexts.in(TIME_SIZE, TimeTexts::timespec));
    kinds.put("timespecout", StructTexts.out(TIME_SIZE, TimeTexts::timespec));
    kinds.put("timeval", StructTexts.in(TIME_SIZE, TimeTexts::timeval));
    kinds.put("timevalout", StructTexts.out(TIME_SIZE, TimeTexts::timeval));
    kinds.put("timevals", StructTexts.in(2 * TIME_SIZE, times -> two(times, TimeTexts::timeval)));
    kinds.put("utimes", StructTexts.in(2 * TIME_SIZE, times -> two(times, TimeTexts::utime)));
    kinds.put("remaining", new ArgumentKind(true, TimeTexts::remaining));
    kinds.put("usageout", StructTexts.out(144, TimeTexts::usage));
    kinds.put("timesout", StructTexts.out(32, TimeTexts::times));
  }

  static String timespec(ByteBuffer time) {
    return "{tv_sec=%d, tv_nsec=%s}"
        .formatted(time.getLong(), Long.toUnsignedString(time.getLong()));
  }

  private static String timeval(ByteBuffer time) {
    return "{tv_sec=%d, tv_usec=%s}"
        .formatted(time.getLong(), Long.toUnsignedString(time.getLong()));
  }

  private static String utime(ByteBuffer time) {
    long nanos = time.getLong(time.position() + Long.BYTES);
    if (nanos == UTIME_NOW || nanos == UTIME_OMIT) {
      time.position(time.position() + TIME_SIZE);
      return nanos == UTIME_NOW ? "UTIME_NOW" : "UTIME_OMIT";
    }
    return timespec(time);
  }

  private static String two(ByteBuffer times, Function<ByteBuffer, String> text) {
    return "[%s, %s]".formatted(text.apply(times), text.apply(times));
  }

  /** Formats the remaining time, which the kernel writes only if the sleep was interrupted. */
  private static String remaining(TracedArguments call, int index) {
    return call.result() == -Errno.EINTR
        ? StructTexts.read(call, call.get(index), TIME_SIZE, TimeTexts::timespec)
        : NumberTexts.pointer(call.get(index));
  }

  private static String usage(ByteBuffer usage) {
    return "{ru_utime=%s, ru_stime=%s, ...}".formatted(timeval(usage), timeval(usage));
  }

  private static String times(ByteBuffer times) {
    return "{tms_utime=%d, tms_stime=%d, tms_cutime=%d, tms_cstime=%d}"
        .formatted(times.getLong(), times.getLong(), times.getLong(), times.getLong());
  }
}
