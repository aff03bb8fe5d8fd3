package io.hyperlight.internal.linux;

import io.hyperlight.internal.os.Errno;
import java.nio.ByteBuffer;

/**
 * Sending signals, to the program itself: {@code kill(2)}, {@code tkill(2)}, {@code tgkill(2)},
 * {@code rt_sigqueueinfo(2)}. There is nobody else.
 */
final class SendCalls {
  private static final int SELF = ProcessCalls.PROCESS;

  private SendCalls() {}

  static void register(SystemCallTable table) {
    table.on(62, (guest, a, b, c, d, e, f) -> kill(guest, (int) a, (int) b));
    table.on(129, (guest, a, b, c, d, e, f) -> queue(guest, (int) a, (int) b, c));
    table.on(200, (guest, a, b, c, d, e, f) -> sendToThread(guest, SELF, (int) a, (int) b));
    table.on(234, (guest, a, b, c, d, e, f) -> sendToThread(guest, (int) a, (int) b, (int) c));
    table.on(297, (guest, a, b, c, d, e, f) -> queueToThread(guest, (int) a, (int) b, (int) c, d));
  }

  /**
   * 0 and -1 are the group and the session, of which there is nobody else; -1 leaves itself out.
   */
  private static long kill(SystemCalls guest, int process, int signal) {
    if (process != 0 && process != SELF) {
      return -Errno.ESRCH;
    }
    return send(guest, SignalInfo.sent(signal, SignalInfo.SI_USER), false);
  }

  private static long sendToThread(SystemCalls guest, int process, int thread, int signal) {
    if (process <= 0 || thread <= 0) {
      return -Errno.EINVAL;
    }
    if (process != SELF || thread != SELF) {
      return -Errno.ESRCH;
    }
    return send(guest, SignalInfo.sent(signal, SignalInfo.SI_TKILL), true);
  }

  private static long queue(SystemCalls guest, int process, int signal, long info) {
    ByteBuffer contents = guest.mem().readStruct(info, SignalInfo.SIZE);
    if (SignalInfo.isTooLarge(contents)) {
      return -Errno.E2BIG;
    }
    if (process != SELF) {
      // As a kernel would have sent it, or kill(2): that is for oneself only.
      return isForged(contents) ? -Errno.EPERM : -Errno.ESRCH;
    }
    return send(guest, SignalInfo.of(signal, contents), false);
  }

  private static long queueToThread(
      SystemCalls guest, int process, int thread, int signal, long info) {
    ByteBuffer contents = guest.mem().readStruct(info, SignalInfo.SIZE);
    if (SignalInfo.isTooLarge(contents)) {
      return -Errno.E2BIG;
    }
    if (process <= 0 || thread <= 0) {
      return -Errno.EINVAL;
    }
    if (thread != SELF && isForged(contents)) {
      return -Errno.EPERM;
    }
    if (process != SELF || thread != SELF) {
      return -Errno.ESRCH;
    }
    return send(guest, SignalInfo.of(signal, contents), true);
  }

  private static boolean isForged(ByteBuffer contents) {
    int code = contents.getInt(8);
    return code >= 0 || code == SignalInfo.SI_TKILL;
  }

  private static long send(SystemCalls guest, SignalInfo info, boolean toThread) {
    if (info.signal() < 0 || info.signal() > SignalState.SIGNALS) {
      return -Errno.EINVAL;
    }
    return info.signal() == 0 ? 0 : guest.signals().send(info, toThread);
  }
}
