package io.hyperlight.internal.linux;

import io.hyperlight.internal.os.Errno;
import java.nio.ByteBuffer;

/**
 * Timers that send signals: {@code alarm(2)}, {@code setitimer(2)}, {@code timer_create(2)}. There
 * are none, so that none can be started. To stop them, and to ask for them, is no error.
 */
final class TimerCalls {
  private static final int GETITIMER = 36;
  private static final int ALARM = 37;
  private static final int SETITIMER = 38;
  private static final int TIMER_CREATE = 222;

  private static final int KINDS = 3;
  private static final int TIMER_SIZE = 32;
  private static final long MICROSECONDS = 1_000_000;

  private TimerCalls() {}

  static void register(SystemCallTable table) {
    table.on(GETITIMER, (guest, a, b, c, d, e, f) -> get(guest, (int) a, b));
    table.on(ALARM, (guest, a, b, c, d, e, f) -> (int) a == 0 ? 0 : refuse(guest, ALARM));
    table.on(SETITIMER, (guest, a, b, c, d, e, f) -> set(guest, (int) a, b, c));
    table.refuse(TIMER_CREATE, Errno.ENOSYS, Need.TIMERS);
    // timer_settime, timer_gettime, timer_getoverrun, timer_delete: of none.
    for (int number = TIMER_CREATE + 1; number <= TIMER_CREATE + 4; number++) {
      table.on(number, (guest, a, b, c, d, e, f) -> -Errno.EINVAL);
    }
  }

  private static long refuse(SystemCalls guest, int number) {
    guest.refused(number);
    guest.needs(Need.TIMERS, number);
    return -Errno.ENOSYS;
  }

  private static long get(SystemCalls guest, int kind, long target) {
    if (kind < 0 || kind >= KINDS) {
      return -Errno.EINVAL;
    }
    guest.mem().write(target, new byte[TIMER_SIZE]);
    return 0;
  }

  private static long set(SystemCalls guest, int kind, long source, long target) {
    long seconds = 0;
    long microseconds = 0;
    if (source != 0) {
      ByteBuffer timer = guest.mem().readStruct(source, TIMER_SIZE);
      for (int part = 0; part < 2; part++) { // how often, and when first
        seconds = timer.getLong();
        microseconds = timer.getLong();
        if (seconds < 0 || microseconds < 0 || microseconds >= MICROSECONDS) {
          return -Errno.EINVAL;
        }
      }
    }
    if (kind < 0 || kind >= KINDS) {
      return -Errno.EINVAL;
    }
    if (seconds != 0 || microseconds != 0) {
      return refuse(guest, SETITIMER);
    }
    return target == 0 ? 0 : get(guest, kind, target);
  }
}
