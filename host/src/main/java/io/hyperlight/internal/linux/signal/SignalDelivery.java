package io.hyperlight.internal.linux.signal;

import io.hyperlight.internal.linux.base.CallOutcome;
import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.wait.Restart;
import io.hyperlight.internal.linux.x86.SignalFrame;
import io.hyperlight.internal.machine.Context;
import io.hyperlight.internal.machine.arch.RegisterValues;
import io.hyperlight.internal.machine.arch.Trap;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.GuestAddressException;
import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Delivers signals to a task's handlers.
 *
 * <p>A handler runs as under Linux. A {@link SignalFrame} on its stack describes the interrupted
 * code. {@code rt_sigreturn} continues from that frame, with all changes that the handler made to
 * it. A fault ends the call if it has no handler or its signal is blocked.
 */
public final class SignalDelivery {
  private static final long SA_RESTORER = 0x0400_0000;
  private static final long SA_ONSTACK = 0x0800_0000;
  private static final long SA_RESTART = 0x1000_0000;
  private static final long SA_NODEFER = 0x4000_0000;
  private static final long SA_RESETHAND = 0x8000_0000L;

  /**
   * The size of the area below the stack pointer where code may have data (System V ABI for AMD64,
   * "The Stack Frame").
   */
  private static final long RED_ZONE = 128;

  private final TaskSignals signals;
  private final SignalActions actions;
  private final GuestMemory memory;
  private final Context context;
  private final Checkpoint checkpoint;
  private final CallOutcome outcome;

  /** What becomes of the system call that signals interrupt; null if none is interrupted. */
  private @Nullable Restart interruptedCall;

  private long interruptedNumber;

  public SignalDelivery(
      TaskSignals signals,
      GuestMemory memory,
      Context context,
      Checkpoint checkpoint,
      CallOutcome outcome) {
    this.signals = signals;
    this.memory = memory;
    this.context = context;
    this.checkpoint = checkpoint;
    this.outcome = outcome;
    actions = signals.actions();
  }

  /**
   * Delivers pending signals after a system call. The result of the call is in its registers.
   *
   * @return true if a handler runs next or the task has ended; false if the task is to be resumed
   *     as usual
   */
  public boolean deliverPending() {
    if (signals.isMaskTemporary()) {
      signals.endTemporaryMask();
    }
    return signals.looks() && deliverPending(context.registersAfterCall(), signals.blocked());
  }

  /**
   * Delivers signals to a task that the machine has stopped at any instruction.
   *
   * @return as for {@link #deliverPending()}
   */
  public boolean deliverStopped() {
    return signals.looks() && deliverPending(context.registers(), signals.blocked());
  }

  /**
   * Delivers the signals that have interrupted a system call. The handler returns to code that
   * finds the error EINTR, or makes the call again.
   *
   * @return false if no handler runs, so that the call goes on
   */
  public boolean deliverInterrupting(Restart restart) {
    if (!signals.looks()) {
      return false;
    }
    interruptedNumber = context.callNumber();
    interruptedCall = restart;
    context.answer(-(long) Errno.EINTR);
    boolean delivered = deliverPending(context.registersAfterCall(), signals.blockedAfterCall());
    interruptedCall = null;
    if (delivered) {
      signals.keepTemporaryMask();
    } else {
      context.answer(interruptedNumber); // the register has the number again
    }
    return delivered;
  }

  /** Forgets a delivery in the middle of which a call has ended, since a restore undoes it. */
  public void forget() {
    interruptedCall = null;
    interruptedNumber = 0;
  }

  /** Returns the registers to which the first handler returns. */
  private RegisterValues interrupted(RegisterValues registers, SignalInfo first) {
    Restart restart = interruptedCall;
    interruptedCall = null;
    boolean again =
        restart == Restart.ALWAYS
            || (restart == Restart.IF_HANDLER_ASKS
                && (actions.of(first.signal()).flags() & SA_RESTART) != 0);
    return again ? registers.callingAgain(interruptedNumber) : registers;
  }

  /**
   * Delivers signals to code with these registers, and with this mask after the handler has
   * returned. If there are several, each interrupts the previous handler at its first instruction.
   * So the last one runs first.
   */
  private boolean deliverPending(RegisterValues registers, long mask) {
    RegisterValues next = registers;
    boolean entered = false;
    long interrupted = mask;
    while (signals.deliverable() != 0) {
      checkpoint.pass();
      SignalInfo info = signals.take(~signals.blocked());
      if (actions.isIgnored(info.signal())) {
        continue;
      }
      if (actions.isDefault(info.signal())) {
        outcome.kill(info.signal());
        return true;
      }
      if (interruptedCall != null) {
        next = interrupted(next, info);
      }
      RegisterValues entry = enter(info, next, SignalFrame.Cause.NONE, interrupted);
      if (entry == null) {
        outcome.kill(info.signal() == Signals.SIGABRT ? Signals.SIGABRT : Signals.SIGSEGV);
        return true;
      }
      next = entry;
      entered = true;
      interrupted = signals.blocked();
    }
    if (entered) {
      context.resumeAt(next);
    }
    return entered;
  }

  /**
   * Delivers a processor exception to the task's handler.
   *
   * @param info the signal of the exception
   * @return false if there is no handler, or no stack for it
   */
  public boolean handle(Trap.ProcessorException exception, SignalInfo info) {
    if (!actions.hasHandler(info.signal())
        || (signals.blocked() & Signals.bit(info.signal())) != 0) {
      return false;
    }
    RegisterValues entry =
        enter(
            info,
            exception.registers(),
            new SignalFrame.Cause(exception.number(), exception.code(), exception.address()),
            signals.blocked());
    if (entry == null) {
      return false;
    }
    context.resumeAt(entry);
    return true;
  }

  /**
   * Prepares a handler's stack and registers.
   *
   * @return the registers with which the task continues; null if the handler has no stack
   */
  private @Nullable RegisterValues enter(
      SignalInfo info, RegisterValues registers, SignalFrame.Cause cause, long mask) {
    SignalState.Action action = actions.of(info.signal());
    SignalState.Stack stack = signals.stack();
    long stackPointer = registers.stackPointer();
    if ((action.flags() & SA_RESTORER) == 0 || !AddressSpace.isUserAddress(action.handler())) {
      return null;
    }
    boolean isOnStack = stack.contains(stackPointer);
    boolean goesToStack =
        (action.flags() & SA_ONSTACK) != 0 && stack.sizeBytes() != 0 && !isOnStack;
    long top = goesToStack ? stack.start() + stack.sizeBytes() : stackPointer - RED_ZONE;
    SignalFrame frame = SignalFrame.below(top, context.userRegisters());
    if ((isOnStack || goesToStack) && !stack.contains(frame.address())) {
      return null; // memory below the stack is not the handler's
    }
    ByteBuffer contents =
        frame.contents(
            action.restorer(),
            GuestMemory.bytes(info.contents()),
            registers,
            cause,
            mask,
            GuestMemory.bytes(AlternateStack.struct(stack, stackPointer)));
    try {
      memory.write(frame.address(), contents);
    } catch (GuestAddressException e) {
      return null;
    }
    // The direction and single-step flags belong to the interrupted code, not to the handler.
    RegisterValues entry =
        registers.entering(
            action.handler(),
            frame.address(),
            info.signal(),
            frame.infoAddress(),
            frame.contextAddress());
    context.userRegisters().resetExtendedState();
    entered(action);
    return entry;
  }

  /** Applies the changes of masks and stack when a handler begins. */
  private void entered(SignalState.Action action) {
    boolean blocksItself = (action.flags() & SA_NODEFER) == 0;
    signals.block(
        signals.blocked() | action.mask() | (blocksItself ? Signals.bit(action.signal()) : 0));
    if ((action.flags() & SA_RESETHAND) != 0) {
      actions.reset(action.signal());
    }
    if ((signals.stack().flags() & AlternateStack.SS_AUTODISARM) != 0) {
      signals.setStack(SignalState.Stack.NONE);
    }
  }

  /**
   * Continues at the registers in a frame, which the guest may have written itself.
   *
   * @return a result that the task never sees
   */
  long returnFromHandler() {
    long at = context.stackPointer() - Long.BYTES;
    try {
      SignalFrame.Saved saved = SignalFrame.read(memory::read, at, context.userRegisters());
      boolean possible =
          AddressSpace.isUserAddress(saved.registers().instructionPointer())
              && setExtendedState(saved.extendedState());
      if (!possible) {
        return outcome.kill(Signals.SIGSEGV);
      }
      signals.block(saved.blocked());
      SignalState.Stack stack = AlternateStack.of(saved.stack());
      if (stack != null) {
        signals.setStack(stack);
      }
      outcome.redirect();
      if (!deliverPending(saved.registers(), signals.blocked())) {
        context.resumeAt(saved.registers());
      }
      return 0;
    } catch (GuestAddressException e) {
      return outcome.kill(Signals.SIGSEGV);
    }
  }

  private boolean setExtendedState(@Nullable ByteBuffer state) {
    if (state == null) {
      context.userRegisters().resetExtendedState();
      return true;
    }
    return context.userRegisters().setExtendedState(GuestMemory.bytes(state));
  }
}
