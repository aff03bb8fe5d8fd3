package io.hyperlight.linux;

import io.hyperlight.kvm.Register;
import io.hyperlight.os.Errno;
import io.hyperlight.vm.GuestAddressException;
import io.hyperlight.vm.Trap;
import io.hyperlight.vm.UserContext;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Signals: {@code rt_sigaction(2)}, {@code rt_sigprocmask(2)}, {@code sigaltstack(2)}, {@code
 * rt_sigreturn(2)}, and those that a program can get: faults of its own, and what it sends itself.
 *
 * <p>A handler runs as under Linux: {@link SignalFrame} on its stack tells what was interrupted,
 * and {@code rt_sigreturn} continues there with whatever the handler has made of it. A fault that
 * no handler takes, or whose signal is blocked, ends the call.
 */
final class SignalCalls {
  static final int SS_AUTODISARM = 1 << 31;

  private static final int SIGABRT = 6;
  private static final int SIGKILL = 9;
  private static final int SIGSTOP = 19;

  private static final long SIG_DFL = 0;
  private static final long SIG_IGN = 1;

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

  private static final int SI_USER = 0;
  private static final int SI_TKILL = -6;

  /** Below the stack pointer, code may have data (System V ABI for AMD64, "The Stack Frame"). */
  private static final long RED_ZONE = 128;

  private static final SignalState.Action[] INITIAL_ACTIONS = initialActions();

  private final SystemCalls guest;

  private final SignalState.Action[] actions = new SignalState.Action[SignalState.SIGNALS + 1];

  /** What {@link #actions} were restored from, and whether they are something else now. */
  private @Nullable SignalState base;

  private boolean actionsChanged;
  private long blocked;
  private long pending;

  /** Which of the pending ones {@code kill(2)} has sent. */
  private long pendingByKill;

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
    table.on(62, (guest, a, b, c, d, e, f) -> guest.signals().send(a, a, b, SI_USER));
    table.on(127, (guest, a, b, c, d, e, f) -> guest.signals().sigpending(a, b));
    table.on(128, (guest, a, b, c, d, e, f) -> guest.signals().sigtimedwait(a, b, c, d));
    table.on(130, (guest, a, b, c, d, e, f) -> guest.signals().sigsuspend(a, b));
    table.on(131, (guest, a, b, c, d, e, f) -> guest.signals().sigaltstack(a, b));
    table.on(200, (guest, a, b, c, d, e, f) -> guest.signals().send(1, a, b, SI_TKILL));
    table.on(234, (guest, a, b, c, d, e, f) -> guest.signals().send(a, b, c, SI_TKILL));
  }

  SignalState state() {
    List<SignalState.Action> changed = new ArrayList<>();
    for (int signal = 1; signal <= SignalState.SIGNALS; signal++) {
      if (actions[signal].handler() != SIG_DFL) {
        changed.add(actions[signal]);
      }
    }
    return new SignalState(List.copyOf(changed), blocked, pending, pendingByKill, stack);
  }

  void restore(SignalState earlier) {
    if (actionsChanged || !earlier.equals(base)) {
      restoreActions(earlier);
    }
    blocked = withoutUnblockable(earlier.blocked());
    pending = earlier.pending();
    pendingByKill = earlier.pendingByKill();
    stack = earlier.stack();
  }

  private void restoreActions(SignalState earlier) {
    System.arraycopy(INITIAL_ACTIONS, 0, actions, 0, actions.length);
    for (SignalState.Action action : earlier.actions()) {
      actions[action.signal()] = action;
    }
    base = earlier;
    actionsChanged = false;
  }

  private static SignalState.Action[] initialActions() {
    SignalState.Action[] actions = new SignalState.Action[SignalState.SIGNALS + 1];
    Arrays.setAll(actions, signal -> new SignalState.Action(signal, SIG_DFL, 0, 0, 0));
    return actions;
  }

  private static long bit(int signal) {
    return 1L << (signal - 1);
  }

  private static long withoutUnblockable(long set) {
    return set & ~(bit(SIGKILL) | bit(SIGSTOP));
  }

  private static boolean isSignal(long signal) {
    return signal >= 1 && signal <= SignalState.SIGNALS;
  }

  private long sigaction(long signal, long changed, long old, long setSize) {
    if (setSize != SET_SIZE || !isSignal(signal)) {
      return -Errno.EINVAL;
    }
    SignalState.Action before = actions[(int) signal];
    if (changed != 0) {
      if (signal == SIGKILL || signal == SIGSTOP) {
        return -Errno.EINVAL;
      }
      ByteBuffer struct = guest.mem().readStruct(changed, ACTION_SIZE);
      actionsChanged = true;
      actions[(int) signal] =
          new SignalState.Action(
              (int) signal, struct.getLong(), struct.getLong(), struct.getLong(), struct.getLong());
      if (isIgnored((int) signal)) {
        pending &= ~bit((int) signal);
        pendingByKill &= ~bit((int) signal);
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
    guest.mem().write(target, GuestMemory.struct(SET_SIZE).putLong(pending & blocked));
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
    send(ProcessCalls.PROCESS, ProcessCalls.PROCESS, signal, SI_USER);
  }

  private long sigtimedwait(long set, long info, long timeout, long setSize) {
    if (setSize != SET_SIZE) {
      return -Errno.EINVAL;
    }
    long found = pending & withoutUnblockable(guest.mem().readLong(set));
    if (found != 0) {
      SignalFrame.SignalInfo taken = take(Long.numberOfTrailingZeros(found) + 1);
      if (info != 0) {
        guest.mem().write(info, taken.contents());
      }
      return taken.signal();
    }
    if (timeout == 0) {
      return pause();
    }
    long nanos = guest.time().readNanos(timeout);
    if (nanos < 0) {
      return -Errno.EINVAL;
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

  /** {@code kill(2)}, {@code tkill(2)}, {@code tgkill(2)}: to itself only. */
  private long send(long process, long thread, long signal, int code) {
    boolean self =
        (process == 1 || (code == SI_USER && process == 0)) && (thread == 1 || thread == 0);
    if (signal < 0 || signal > SignalState.SIGNALS) {
      return -Errno.EINVAL;
    }
    if (!self) {
      return -Errno.ESRCH;
    }
    if (signal == 0) {
      return 0;
    }
    boolean isBlocked = (blocked & bit((int) signal)) != 0;
    if (!isBlocked && isIgnored((int) signal)) {
      return 0; // by the time that a blocked one is delivered, it may not be ignored any more
    }
    if (!isBlocked && actions[(int) signal].handler() == SIG_DFL) {
      return guest.kill((int) signal);
    }
    if ((pending & bit((int) signal)) == 0) {
      pending |= bit((int) signal);
      pendingByKill |= code == SI_USER ? bit((int) signal) : 0;
    }
    return 0;
  }

  private boolean isIgnored(int signal) {
    long handler = actions[signal].handler();
    return handler == SIG_IGN || (handler == SIG_DFL && Signals.isIgnoredByDefault(signal));
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

  private SignalFrame.SignalInfo take(int signal) {
    int code = (pendingByKill & bit(signal)) != 0 ? SI_USER : SI_TKILL;
    pending &= ~bit(signal);
    pendingByKill &= ~bit(signal);
    return SignalFrame.SignalInfo.sent(signal, code);
  }

  private long deliverable() {
    return pending & ~blocked;
  }

  /**
   * The same for code that would go on with these registers, and with this mask when the handler
   * has returned.
   */
  private boolean deliverPending(Map<Register, Long> registers, long mask) {
    while (deliverable() != 0) {
      SignalFrame.SignalInfo info = take(Long.numberOfTrailingZeros(deliverable()) + 1);
      if (isIgnored(info.signal())) {
        continue;
      }
      if (actions[info.signal()].handler() == SIG_DFL) {
        guest.kill(info.signal());
      } else if (!deliver(info, registers, SignalFrame.Cause.NONE, mask)) {
        guest.kill(info.signal() == SIGABRT ? SIGABRT : FaultSignals.SIGSEGV);
      }
      return true;
    }
    return false;
  }

  /**
   * Lets the guest's handler have a processor exception.
   *
   * @return false if it has none, or no stack for it
   */
  boolean handle(Trap.ProcessorException exception) {
    SignalFrame.SignalInfo info = FaultSignals.of(exception, guest.context(), guest.space());
    if (info == null) {
      return false;
    }
    SignalState.Action action = actions[info.signal()];
    boolean taken =
        action.handler() != SIG_DFL
            && action.handler() != SIG_IGN
            && (blocked & bit(info.signal())) == 0;
    return taken
        && deliver(
            info,
            exception.registers(),
            new SignalFrame.Cause(exception.vector(), exception.errorCode(), exception.address()),
            blocked);
  }

  private boolean deliver(
      SignalFrame.SignalInfo info,
      Map<Register, Long> registers,
      SignalFrame.Cause cause,
      long mask) {
    SignalState.Action action = actions[info.signal()];
    long stackPointer = registers.getOrDefault(Register.RSP, 0L);
    if ((action.flags() & SA_RESTORER) == 0 || !UserContext.isUserAddress(action.handler())) {
      return false;
    }
    boolean isOnStack = stack.contains(stackPointer);
    boolean goesToStack =
        (action.flags() & SA_ONSTACK) != 0 && stack.sizeBytes() != 0 && !isOnStack;
    long top = goesToStack ? stack.start() + stack.sizeBytes() : stackPointer - RED_ZONE;
    SignalFrame frame =
        SignalFrame.below(top, guest.context().extendedState(), guest.context().xcr0());
    if ((isOnStack || goesToStack) && !stack.contains(frame.address())) {
      return false; // what lies below it is not the handler's
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
      return false;
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
    guest.context().resume(entry);
    blocked =
        withoutUnblockable(
            blocked
                | action.mask()
                | ((action.flags() & SA_NODEFER) != 0 ? 0 : bit(info.signal())));
    if ((action.flags() & SA_RESETHAND) != 0) {
      actionsChanged = true;
      actions[info.signal()] = INITIAL_ACTIONS[info.signal()];
    }
    if ((stack.flags() & SS_AUTODISARM) != 0) {
      stack = SignalState.Stack.NONE;
    }
    return true;
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
