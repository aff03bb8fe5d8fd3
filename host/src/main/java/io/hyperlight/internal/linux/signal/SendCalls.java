package io.hyperlight.internal.linux.signal;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.base.TaskIdentity;
import io.hyperlight.internal.os.Errno;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Sends signals: {@code kill(2)}, {@code tkill(2)}, {@code tgkill(2)}, {@code rt_sigqueueinfo(2)}.
 * There is one process, so the program sends them to itself or to its threads.
 */
public final class SendCalls {
  private final ProcessSignals process;
  private final TaskIdentity identity;
  private final GuestMemory memory;

  /** Creates the calls of a task. */
  public SendCalls(TaskSignals signals, TaskIdentity identity, GuestMemory memory) {
    process = signals.process();
    this.identity = identity;
    this.memory = memory;
  }

  /**
   * Answers {@code kill(2)}. 0 means the group and -1 all processes, and the process is alone in
   * both. -1 leaves out the caller itself. The number of a thread means its process.
   */
  public long kill(int number, int signal) {
    TaskSignals receiver = receiver(number);
    return receiver == null
        ? -Errno.ESRCH
        : send(receiver, SignalInfo.sent(signal, SignalInfo.SI_USER, identity), false);
  }

  /** Returns the task that is preferred for a signal to a process; null if there is none. */
  private @Nullable TaskSignals receiver(int number) {
    TaskSignals thread = process.find(number);
    return thread == null && (number == 0 || number == identity.process())
        ? process.first()
        : thread;
  }

  public long tkill(int thread, int signal) {
    return tgkill(identity.process(), thread, signal);
  }

  public long tgkill(int number, int thread, int signal) {
    if (number <= 0 || thread <= 0) {
      return -Errno.EINVAL;
    }
    return send(number, thread, SignalInfo.sent(signal, SignalInfo.SI_TKILL, identity));
  }

  public long rtSigqueueinfo(int number, int signal, long info) {
    return sendQueued(number, signal, memory.readStruct(info, SignalInfo.SIZE));
  }

  private long sendQueued(int number, int signal, ByteBuffer contents) {
    if (SignalInfo.isTooLarge(contents)) {
      return -Errno.E2BIG;
    }
    // A thread may send signals that look like the kernel's, or like those of kill(2), only to
    // itself.
    if (number != identity.thread() && isForged(contents)) {
      return -Errno.EPERM;
    }
    TaskSignals receiver = number == 0 ? null : receiver(number);
    return receiver == null ? -Errno.ESRCH : send(receiver, SignalInfo.of(signal, contents), false);
  }

  /** Sends a signal with its information, whose number has to be the same. */
  public long pidfdSend(int number, int signal, long info, boolean toThread) {
    ByteBuffer contents = memory.readStruct(info, SignalInfo.SIZE);
    if (contents.getInt(0) != signal) {
      return -Errno.EINVAL;
    }
    return toThread
        ? sendQueued(number, number, signal, contents)
        : sendQueued(number, signal, contents);
  }

  public long rtTgsigqueueinfo(int number, int thread, int signal, long info) {
    return sendQueued(number, thread, signal, memory.readStruct(info, SignalInfo.SIZE));
  }

  private long sendQueued(int number, int thread, int signal, ByteBuffer contents) {
    if (SignalInfo.isTooLarge(contents)) {
      return -Errno.E2BIG;
    }
    if (number <= 0 || thread <= 0) {
      return -Errno.EINVAL;
    }
    if (thread != identity.thread() && isForged(contents)) {
      return -Errno.EPERM;
    }
    return send(number, thread, SignalInfo.of(signal, contents));
  }

  private static boolean isForged(ByteBuffer contents) {
    int code = contents.getInt(8);
    return code >= 0 || code == SignalInfo.SI_TKILL;
  }

  private long send(int number, int thread, SignalInfo info) {
    TaskSignals receiver = number == identity.process() ? process.find(thread) : null;
    if (receiver != null) {
      return send(receiver, info, true);
    }
    // The first task keeps its number after its exit. Signals to it are lost.
    boolean hasExited = number == identity.process() && thread == number;
    return !hasExited ? -Errno.ESRCH : isSignal(info) ? 0 : -Errno.EINVAL;
  }

  private static long send(TaskSignals receiver, SignalInfo info, boolean toTask) {
    if (!isSignal(info)) {
      return -Errno.EINVAL;
    }
    return info.signal() == 0 ? 0 : receiver.send(info, toTask);
  }

  /** Answers whether a signal can be sent. 0 only asks whether there is a receiver. */
  private static boolean isSignal(SignalInfo info) {
    return info.signal() >= 0 && info.signal() <= Signals.COUNT;
  }
}
