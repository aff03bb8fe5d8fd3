package io.hyperlight.internal.linux.signal;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.base.TaskIdentity;
import io.hyperlight.internal.os.Errno;
import java.nio.ByteBuffer;

/**
 * Sends signals: {@code kill(2)}, {@code tkill(2)}, {@code tgkill(2)}, {@code rt_sigqueueinfo(2)}.
 * The program can only send them to itself: it is alone.
 */
public final class SendCalls {
  private final TaskSignals signals;
  private final TaskIdentity identity;
  private final GuestMemory memory;

  public SendCalls(TaskSignals signals, TaskIdentity identity, GuestMemory memory) {
    this.signals = signals;
    this.identity = identity;
    this.memory = memory;
  }

  /**
   * Answers {@code kill(2)}. 0 means the group and -1 all processes, and the process is alone in
   * both. -1 leaves out the caller itself.
   */
  public long kill(int process, int signal) {
    if (process != 0 && process != identity.process()) {
      return -Errno.ESRCH;
    }
    return send(SignalInfo.sent(signal, SignalInfo.SI_USER, identity), false);
  }

  public long tkill(int thread, int signal) {
    return tgkill(identity.process(), thread, signal);
  }

  public long tgkill(int process, int thread, int signal) {
    if (process <= 0 || thread <= 0) {
      return -Errno.EINVAL;
    }
    if (process != identity.process() || thread != identity.thread()) {
      return -Errno.ESRCH;
    }
    return send(SignalInfo.sent(signal, SignalInfo.SI_TKILL, identity), true);
  }

  public long rtSigqueueinfo(int process, int signal, long info) {
    ByteBuffer contents = memory.readStruct(info, SignalInfo.SIZE);
    if (SignalInfo.isTooLarge(contents)) {
      return -Errno.E2BIG;
    }
    if (process != identity.process()) {
      // A process may send signals that look like the kernel's, or like those of kill(2), only to
      // itself.
      return isForged(contents) ? -Errno.EPERM : -Errno.ESRCH;
    }
    return send(SignalInfo.of(signal, contents), false);
  }

  public long rtTgsigqueueinfo(int process, int thread, int signal, long info) {
    ByteBuffer contents = memory.readStruct(info, SignalInfo.SIZE);
    if (SignalInfo.isTooLarge(contents)) {
      return -Errno.E2BIG;
    }
    if (process <= 0 || thread <= 0) {
      return -Errno.EINVAL;
    }
    if (thread != identity.thread() && isForged(contents)) {
      return -Errno.EPERM;
    }
    if (process != identity.process() || thread != identity.thread()) {
      return -Errno.ESRCH;
    }
    return send(SignalInfo.of(signal, contents), true);
  }

  private static boolean isForged(ByteBuffer contents) {
    int code = contents.getInt(8);
    return code >= 0 || code == SignalInfo.SI_TKILL;
  }

  private long send(SignalInfo info, boolean toThread) {
    if (info.signal() < 0 || info.signal() > Signals.COUNT) {
      return -Errno.EINVAL;
    }
    return info.signal() == 0 ? 0 : signals.send(info, toThread);
  }
}
