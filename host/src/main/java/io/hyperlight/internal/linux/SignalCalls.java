package io.hyperlight.internal.linux;

import io.hyperlight.internal.hypervisor.x86.Register;
import io.hyperlight.internal.machine.arch.Trap;
import io.hyperlight.internal.machine.memory.GuestAddressException;
import io.hyperlight.internal.machine.x86.UserContext;
import io.hyperlight.internal.os.Errno;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Signals: {@code rt_sigaction(2)}, {@code rt_sigprocmask(2)}, {@code sigaltstack(2)}, {@code
 * rt_sigreturn(2)}, and those that a program can get: faults of its own, and what {@link SendCalls}
 * sends.
 *
 * <p>A handler runs as under Linux: {@link SignalFrame} on its stack tells what was interrupted,
 * and {@code rt_sigreturn} continues there with whatever the handler has made of it. A fault that
 * no handler takes, or whose signal is blocked, ends the call.
 */
final class SignalCalls {
  static final int SS_AUTODISARM = 1 << 31;

  private static final int SIGABRT = 6;
  private static final int SIGKILL = 9;
  private static final int SIGCONT = 18;
  private static final int SIGSTOP = 19;

  /** SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU. */
  private static final long STOPPING = 0xfL << (SIGSTOP - 1);

  private static final long SA_RESTORER = 0x0400_0000;
  private static final long SA_ONSTACK = 0x0800_0000;
  private static final long SA_NODEFER = 0x4000_0000;
  private static final long SA_RESETHAND = 0x8000_0000L;

  private static final int SS_ONSTACK = 1;
  private static final int SS_DISABLE = 2;
  private static final long MINSIGSTKSZ = 2048;

  private static final int ACTION_SIZE = 32;
  private static final int STACK_SIZE = 24;
  private static final int SET_SIZE = 8;

  /** Below the stack pointer, code may have data (System V ABI for AMD64, "The Stack Frame"). */
  private static final long RED_ZONE = 128;

  private final SystemCalls guest;

  private final SignalActions actions = new SignalActions();
  private long blocked;
  private final PendingSignals pending = new PendingSignals();
  private SignalState.Stack stack = SignalState.Stack.NONE;

  SignalCalls(SystemCalls guest) {
    this.guest = guest;
    restore(SignalState.INITIAL);
  }

  static void register(SystemCallTable table) {
    table.on(13, (guest, a, b, c, d, e, f) -> guest.signals().sigaction(a, b, c, d));
    table.on(14, (guest, a, b, c, d, e, f) -> guest.signals().sigprocmask((int) a, b, c, d));
    table.on(15, (guest, a, b, c, d, e, f) -> guest.signals().sigreturn());
    table.on(34, (guest, a, b, c, d, e, f) -> guest.signals().pause());
    table.on(127, (guest, a, b, c, d, e, f) -> guest.signals().sigpending(a, b));
    table.on(128, (guest, a, b, c, d, e, f) -> guest.signals().sigtimedwait(a, b, c, d));
    table.on(130, (guest, a, b, c, d, e, f) -> guest.signals().sigsuspend(a, b));
    table.on(131, (guest, a, b, c, d, e, f) -> guest.signals().sigaltstack(a, b));
  }

  /** Those that are pending for the thread, or for the process, a bit for each. */
  long pending(boolean ofThread) {
    return ofThread ? pending.ofThread() : pending.ofProcess();
  }

  /** How many are pending with what they are about. */
  int queued() {
    return pending.size();
  }

  long blocked() {
    return blocked;
  }

  SignalActions actions() {
    return actions;
  }

  SignalState state() {
    return new SignalState(
        actions.state(), blocked, pending.ofThread(), pending.ofProcess(), pending.queued(), stack);
  }

  void restore(SignalState earlier) {
    actions.restore(earlier.actions());
    blocked = withoutUnblockable(earlier.blocked());
    pending.restore(earlier.ofThread(), earlier.ofProcess(), earlier.queue());
    stack = earlier.stack();
  }

  private static long withoutUnblockable(long set) {
    return set & ~(Signals.bit(SIGKILL) | Signals.bit(SIGSTOP));
  }

  private static boolean isSignal(long signal) {
    return signal >= 1 && signal <= SignalState.SIGNALS;
  }

  private long sigaction(long signal, long changed, long old, long setSize) {
    if (setSize != SET_SIZE || !isSignal(signal)) {
      return -Errno.EINVAL;
    }
    SignalState.Action before = actions.of((int) signal);
    if (changed != 0) {
      if (signal == SIGKILL || signal == SIGSTOP) {
        return -Errno.EINVAL;
      }
      ByteBuffer struct = guest.mem().readStruct(changed, ACTION_SIZE);
      actions.set(
          new SignalState.Action(
              (int) signal,
              struct.getLong(),
              struct.getLong(),
              struct.getLong(),
              struct.getLong()));
      // One that would stop the process waits for a process that can be stopped.
      boolean stops = (Signals.bit((int) signal) & STOPPING) != 0;
      if (actions.isIgnored((int) signal)
          && (!stops || struct.getLong(0) == SignalActions.SIG_IGN)) {
        pending.discard(Signals.bit((int) signal));
      }
    }
    if (old != 0) {
      guest
          .mem()
          .write(
              old,
              GuestMemory.struct(ACTION_SIZE)
                  .putLong(before.handler())
                  .putLong(before.flags())
                  .putLong(before.restorer())
                  .putLong(before.mask()));
    }
    return 0;
  }

  private long sigprocmask(int how, long set, long old, long setSize) {
    if (setSize != SET_SIZE) {
      return -Errno.EINVAL;
    }
    long before = blocked;
    if (set != 0) {
      long change = guest.mem().readLong(set);
      switch (how) {
        case 0 -> blocked = withoutUnblockable(before | change);
        case 1 -> blocked = before & ~change;
        case 2 -> blocked = withoutUnblockable(change);
        default -> {
          return -Errno.EINVAL;
        }
      }
    }
    if (old != 0) {
      guest.mem().writeLong(old, before);
    }
    return 0;
  }

  private long sigpending(long target, long setSize) {
    if (setSize < 0 || setSize > SET_SIZE) {
      return -Errno.EINVAL;
    }
    guest.mem().write(target, GuestMemory.struct(SET_SIZE).putLong(pending.all() & blocked));
    return 0;
  }

  /** Nobody else could send a signal. */
  private long pause() {
    return guest.stuck("waits for a signal that nobody can send");
  }

  /** Nobody sends one while it waits, so there is one already, or it waits for ever. */
  private long sigsuspend(long set, long setSize) {
    if (setSize != SET_SIZE) {
      return -Errno.EINVAL;
    }
    return deliverUnder(guest.mem().readLong(set)) ? -Errno.EINTR : pause();
  }

  /** Whether there is a signal that would not be ignored while others are blocked than usual. */
  boolean isDeliverableUnder(long mask) {
    for (long left = pending.all() & ~withoutUnblockable(mask); left != 0; left &= left - 1) {
      if (!actions.isIgnored(Long.numberOfTrailingZeros(left) + 1)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Lets the guest have a signal that is pending while others are blocked than usual, in a system
   * call that waits and ends with EINTR then.
   *
   * @param mask what is blocked meanwhile
   * @return whether there was one; the system call's result does not matter then
   */
  boolean deliverUnder(long mask) {
    long before = blocked;
    blocked = withoutUnblockable(mask);
    guest.machine().set(Register.RAX, -(long) Errno.EINTR);
    if (!deliverPending(afterSystemCall(), before)) {
      blocked = before;
      return false;
    }
    guest.redirected();
    return true;
  }

  /** Sends the program a signal as the kernel does, about what it has just done. */
  void raise(int signal) {
    send(SignalInfo.sent(signal, SignalInfo.SI_USER), true);
  }

  private long sigtimedwait(long set, long info, long timeout, long setSize) {
    if (setSize != SET_SIZE) {
      return -Errno.EINVAL;
    }
    long wanted = withoutUnblockable(guest.mem().readLong(set));
    long nanos = timeout == 0 ? 0 : guest.time().readNanos(timeout);
    if (nanos < 0) {
      return -Errno.EINVAL;
    }
    if ((pending.all() & wanted) != 0) {
      SignalInfo taken = pending.take(wanted);
      if (info != 0) {
        guest.mem().write(info, taken.contents());
      }
      return taken.signal();
    }
    if (timeout == 0) {
      return pause();
    }
    return guest.time().sleep(nanos) ? -Errno.EAGAIN : -Errno.EINTR;
  }

  private boolean isOnStack() {
    return stack.contains(guest.machine().get(Register.RSP));
  }

  private long sigaltstack(long changed, long old) {
    ByteBuffer before = stackStruct(guest.machine().get(Register.RSP));
    if (changed != 0) {
      ByteBuffer struct = guest.mem().readStruct(changed, STACK_SIZE);
      long start = struct.getLong();
      int flags = struct.getInt();
      long size = struct.getLong(16);
      if (isOnStack()) {
        return -Errno.EPERM;
      }
      int mode = flags & ~SS_AUTODISARM;
      if (mode != 0 && mode != SS_ONSTACK && mode != SS_DISABLE) {
        return -Errno.EINVAL;
      }
      if (mode != SS_DISABLE && (size < MINSIGSTKSZ || size < 0)) {
        return -Errno.ENOMEM;
      }
      stack =
          mode == SS_DISABLE
              ? SignalState.Stack.NONE
              : new SignalState.Stack(start, size, flags & SS_AUTODISARM);
    }
    if (old != 0) {
      guest.mem().write(old, before);
    }
    return 0;
  }

  /** {@code stack_t}, for code whose stack pointer this is. */
  private ByteBuffer stackStruct(long stackPointer) {
    int flags = stack.sizeBytes() == 0 ? SS_DISABLE : stack.contains(stackPointer) ? SS_ONSTACK : 0;
    return GuestMemory.struct(STACK_SIZE)
        .putLong(0, stack.start())
        .putInt(8, flags | stack.flags())
        .putLong(16, stack.sizeBytes());
  }

  /**
   * Sends the program a signal.
   *
   * @param toThread whether to its thread, not to the process
   * @return 0 or a negated error number
   */
  long send(SignalInfo info, boolean toThread) {
    int signal = info.signal();
    if (signal == SIGCONT) {
      pending.discard(STOPPING);
    } else if ((Signals.bit(signal) & STOPPING) != 0) {
      pending.discard(Signals.bit(SIGCONT));
    }
    boolean isBlocked = (blocked & Signals.bit(signal)) != 0;
    if (!isBlocked && actions.isIgnored(signal)) {
      return 0; // by the time that a blocked one is delivered, it may not be ignored any more
    }
    if (!isBlocked && actions.isDefault(signal)) {
      return guest.kill(signal);
    }
    return pending.add(info, toThread, guest.process().limits().pendingSignals())
        ? 0
        : -Errno.EAGAIN;
  }

  /**
   * Lets the guest go on in the handler of a signal that it has sent itself, if there is one to
   * deliver. The system call's result is in its registers.
   *
   * @return whether it was done; else the guest is to be resumed as usual, or has come to its end
   */
  boolean deliverPending() {
    if (deliverable() == 0) {
      return false;
    }
    return deliverPending(afterSystemCall(), blocked);
  }

  /** The registers with which the guest would go on, as the stub returns. */
  private Map<Register, Long> afterSystemCall() {
    Map<Register, Long> registers = new EnumMap<>(guest.machine().registers());
    registers.put(Register.RIP, guest.machine().get(Register.RCX));
    registers.put(Register.RFLAGS, guest.machine().get(Register.R11));
    return registers;
  }

  private long deliverable() {
    return pending.all() & ~blocked;
  }

  /**
   * The same for code that would go on with these registers, and with this mask when the handler
   * has returned. Of several, each interrupts the handler of the one before at its first
   * instruction, so that the last one runs first.
   */
  @SuppressWarnings("ReferenceEquality") // the very map means that none was delivered
  private boolean deliverPending(Map<Register, Long> registers, long mask) {
    Map<Register, Long> next = registers;
    boolean entered = false;
    long interrupted = mask;
    while (deliverable() != 0) {
      guest.checkpoint().pass();
      SignalInfo info = pending.take(~blocked);
      if (actions.isIgnored(info.signal())) {
        continue;
      }
      if (actions.isDefault(info.signal())) {
        guest.kill(info.signal());
        return true;
      }
      Map<Register, Long> entry = enter(info, next, SignalFrame.Cause.NONE, interrupted);
      if (entry == null) {
        guest.kill(info.signal() == SIGABRT ? SIGABRT : FaultSignals.SIGSEGV);
        return true;
      }
      next = entry;
      entered = true;
      interrupted = blocked;
    }
    if (entered) {
      guest.context().resume(next);
    }
    return entered;
  }

  /**
   * Lets the guest's handler have a processor exception.
   *
   * @return false if it has none, or no stack for it
   */
  boolean handle(Trap.ProcessorException exception) {
    SignalInfo info = FaultSignals.of(exception, guest.context(), guest.memory().mappings());
    if (info == null) {
      return false;
    }
    if (!actions.hasHandler(info.signal()) || (blocked & Signals.bit(info.signal())) != 0) {
      return false;
    }
    Map<Register, Long> entry =
        enter(
            info,
            exception.registers(),
            new SignalFrame.Cause(exception.number(), exception.code(), exception.address()),
            blocked);
    if (entry == null) {
      return false;
    }
    guest.context().resume(entry);
    return true;
  }

  /**
   * Makes everything ready for a handler.
   *
   * @return the registers to go on with; null if the handler has no stack
   */
  private @Nullable Map<Register, Long> enter(
      SignalInfo info, Map<Register, Long> registers, SignalFrame.Cause cause, long mask) {
    SignalState.Action action = actions.of(info.signal());
    long stackPointer = registers.getOrDefault(Register.RSP, 0L);
    if ((action.flags() & SA_RESTORER) == 0 || !UserContext.isUserAddress(action.handler())) {
      return null;
    }
    boolean isOnStack = stack.contains(stackPointer);
    boolean goesToStack =
        (action.flags() & SA_ONSTACK) != 0 && stack.sizeBytes() != 0 && !isOnStack;
    long top = goesToStack ? stack.start() + stack.sizeBytes() : stackPointer - RED_ZONE;
    SignalFrame frame =
        SignalFrame.below(top, guest.context().extendedState(), guest.context().xcr0());
    if ((isOnStack || goesToStack) && !stack.contains(frame.address())) {
      return null; // what lies below it is not the handler's
    }
    ByteBuffer contents =
        frame.contents(
            action.restorer(),
            info,
            registers,
            cause,
            mask,
            GuestMemory.bytes(stackStruct(stackPointer)));
    try {
      guest.mem().write(frame.address(), contents);
    } catch (GuestAddressException e) {
      return null;
    }
    Map<Register, Long> entry = new EnumMap<>(registers);
    entry.put(Register.RIP, action.handler());
    entry.put(Register.RSP, frame.address());
    entry.put(Register.RDI, (long) info.signal());
    entry.put(Register.RSI, frame.infoAddress());
    entry.put(Register.RDX, frame.contextAddress());
    entry.put(Register.RAX, 0L);
    // Direction and single step are the interrupted code's, not the handler's.
    entry.put(Register.RFLAGS, registers.getOrDefault(Register.RFLAGS, 0L) & ~0x10500L);
    guest.context().resetExtendedState();
    blocked =
        withoutUnblockable(
            blocked
                | action.mask()
                | ((action.flags() & SA_NODEFER) != 0 ? 0 : Signals.bit(info.signal())));
    if ((action.flags() & SA_RESETHAND) != 0) {
      actions.reset(info.signal());
    }
    if ((stack.flags() & SS_AUTODISARM) != 0) {
      stack = SignalState.Stack.NONE;
    }
    return entry;
  }

  /** Goes on where a frame says, which the guest may have written itself. */
  private long sigreturn() {
    long at = guest.machine().get(Register.RSP) - Long.BYTES;
    try {
      SignalFrame.Saved saved = SignalFrame.read(guest.mem(), at, guest.context().xcr0());
      boolean possible =
          UserContext.isUserAddress(saved.registers().getOrDefault(Register.RIP, 0L))
              && setExtendedState(saved.extendedState());
      if (!possible) {
        return guest.kill(FaultSignals.SIGSEGV);
      }
      blocked = withoutUnblockable(saved.blocked());
      restoreStack(saved.stack());
      guest.redirected();
      if (!deliverPending(saved.registers(), blocked)) {
        guest.context().resume(saved.registers());
      }
      return 0;
    } catch (GuestAddressException e) {
      return guest.kill(FaultSignals.SIGSEGV);
    }
  }

  private boolean setExtendedState(@Nullable ByteBuffer state) {
    if (state == null) {
      guest.context().resetExtendedState();
      return true;
    }
    return guest.context().setExtendedState(GuestMemory.bytes(state));
  }

  private void restoreStack(ByteBuffer saved) {
    long size = saved.getLong(16);
    int flags = saved.getInt(8);
    if ((flags & SS_DISABLE) != 0) {
      stack = SignalState.Stack.NONE;
    } else if (size >= MINSIGSTKSZ) {
      stack = new SignalState.Stack(saved.getLong(0), size, flags & SS_AUTODISARM);
    }
  }
}
