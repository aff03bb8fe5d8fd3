package io.hyperlight.internal.linux.signal;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.time.Times;
import io.hyperlight.internal.linux.wait.Deadline;
import io.hyperlight.internal.linux.wait.InterruptedWaitException;
import io.hyperlight.internal.linux.wait.Restart;
import io.hyperlight.internal.linux.wait.TaskWait;
import io.hyperlight.internal.machine.Context;
import io.hyperlight.internal.os.Errno;
import java.nio.ByteBuffer;

/** System calls on a program's signals: {@code sigaction(2)} and its relatives. */
public final class SignalCalls {
  private static final int SIG_BLOCK = 0;
  private static final int SIG_UNBLOCK = 1;
  private static final int SIG_SETMASK = 2;

  private static final String WAITS = "waits for a signal";

  private static final int ACTION_SIZE = 32;
  private static final int SET_SIZE = 8;

  private final TaskSignals signals;
  private final SignalDelivery delivery;
  private final GuestMemory memory;
  private final Context context;
  private final TaskWait waiting;

  public SignalCalls(
      TaskSignals signals,
      SignalDelivery delivery,
      GuestMemory memory,
      Context context,
      TaskWait waiting) {
    this.signals = signals;
    this.delivery = delivery;
    this.memory = memory;
    this.context = context;
    this.waiting = waiting;
  }

  public long rtSigaction(int signal, long changed, long old, long setSize) {
    if (setSize != SET_SIZE || signal < 1 || signal > Signals.COUNT) {
      return -Errno.EINVAL;
    }
    SignalState.Action before = signals.actions().of(signal);
    if (changed != 0) {
      if (signal == Signals.SIGKILL || signal == Signals.SIGSTOP) {
        return -Errno.EINVAL;
      }
      ByteBuffer struct = memory.readStruct(changed, ACTION_SIZE);
      signals.setAction(
          new SignalState.Action(
              signal, struct.getLong(), struct.getLong(), struct.getLong(), struct.getLong()));
    }
    if (old != 0) {
      memory.write(
          old,
          GuestMemory.struct(ACTION_SIZE)
              .putLong(before.handler())
              .putLong(before.flags())
              .putLong(before.restorer())
              .putLong(before.mask()));
    }
    return 0;
  }

  public long rtSigprocmask(int how, long set, long old, long setSize) {
    if (setSize != SET_SIZE) {
      return -Errno.EINVAL;
    }
    long before = signals.blocked();
    if (set != 0) {
      long change = memory.readLong(set);
      switch (how) {
        case SIG_BLOCK -> signals.block(before | change);
        case SIG_UNBLOCK -> signals.block(before & ~change);
        case SIG_SETMASK -> signals.block(change);
        default -> {
          return -Errno.EINVAL;
        }
      }
    }
    if (old != 0) {
      memory.writeLong(old, before);
    }
    return 0;
  }

  public long rtSigpending(long target, long setSize) {
    if (setSize < 0 || setSize > SET_SIZE) {
      return -Errno.EINVAL;
    }
    memory.writeLong(target, signals.pending().all() & signals.blocked());
    return 0;
  }

  public long pause() {
    RuntimeException leaving = waiting.block(WAITS, Deadline.NEVER, Restart.NEVER);
    throw leaving;
  }

  /** Waits for a signal under another mask. */
  public long rtSigsuspend(long set, long setSize) {
    if (setSize != SET_SIZE) {
      return -Errno.EINVAL;
    }
    signals.blockDuringCall(memory.readLong(set));
    return pause();
  }

  public long rtSigtimedwait(long set, long info, long timeout, long setSize) {
    signals.await(0);
    if (setSize != SET_SIZE) {
      return -Errno.EINVAL;
    }
    long wanted = TaskSignals.withoutUnblockable(memory.readLong(set));
    boolean reads = timeout != 0 && !waiting.hasDeadline();
    long nanos = reads ? Times.readNanos(memory, timeout) : -1;
    if (reads && nanos < 0) {
      return -Errno.EINVAL;
    }
    if ((signals.pending().all() & wanted) != 0) {
      SignalInfo taken = signals.take(wanted);
      if (info != 0) {
        memory.write(info, taken.contents());
      }
      return taken.signal();
    }
    Deadline until = waiting.deadlineAfter(nanos);
    if (waiting.isOver(until)) {
      return -Errno.EAGAIN;
    }
    signals.await(wanted);
    RuntimeException leaving = waiting.block(WAITS, until, Restart.NEVER);
    if (leaving instanceof InterruptedWaitException) {
      signals.await(0);
    }
    throw leaving;
  }

  public long sigaltstack(long changed, long old) {
    long stackPointer = context.stackPointer();
    ByteBuffer before = AlternateStack.struct(signals.stack(), stackPointer);
    if (changed != 0) {
      ByteBuffer struct = memory.readStruct(changed, AlternateStack.SIZE);
      if (signals.stack().contains(stackPointer)) {
        return -Errno.EPERM;
      }
      if (!AlternateStack.hasKnownFlags(struct)) {
        return -Errno.EINVAL;
      }
      SignalState.Stack wanted = AlternateStack.of(struct);
      if (wanted == null) {
        return -Errno.ENOMEM;
      }
      signals.setStack(wanted);
    }
    if (old != 0) {
      memory.write(old, before);
    }
    return 0;
  }

  /** Continues at the registers in a handler's frame. */
  public long rtSigreturn() {
    return delivery.returnFromHandler();
  }
}
