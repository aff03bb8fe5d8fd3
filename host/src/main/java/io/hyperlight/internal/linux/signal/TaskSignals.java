package io.hyperlight.internal.linux.signal;

import io.hyperlight.internal.linux.base.CallOutcome;
import io.hyperlight.internal.linux.base.TaskIdentity;
import io.hyperlight.internal.linux.limits.ResourceLimits;
import io.hyperlight.internal.linux.wait.TaskWait;
import io.hyperlight.internal.linux.wait.WaitSource;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.restore.Restorable;
import java.util.List;

/**
 * The signals of a task: the blocked and the pending ones, and the stack for its handlers.
 *
 * <p>A task looks for pending signals before it enters its code, if it was told to: when it was
 * chosen to take a signal, or has unblocked one. Linux calls this TIF_SIGPENDING. So a signal of
 * the process goes to the task that was chosen, unless another one looks earlier for another
 * reason.
 */
public final class TaskSignals implements Restorable<SignalState> {
  /** SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU. */
  private static final long STOPPING = 0xfL << (Signals.SIGSTOP - 1);

  private final ProcessSignals process;
  private final SignalActions actions;
  private final PendingSignals pending;
  private final ResourceLimits limits;
  private final TaskIdentity identity;
  private final CallOutcome outcome;
  private final TaskWait waiting;
  private long blocked;

  private boolean hasEnded;

  /** Whether the task has to look for pending signals. */
  private boolean looks;

  /** Whether other signals are blocked during the system call than before and after it. */
  private boolean isMaskTemporary;

  /** The signals that are blocked before and after it. */
  private long saved;

  /** The signals for which the task waits: {@code sigtimedwait(2)}. */
  private long awaited;

  private SignalState.Stack stack = SignalState.Stack.NONE;

  /**
   * Creates the signals of a new task, which joins the process by {@link #begin}.
   *
   * @param process the signals that it shares with the other tasks of its process
   * @param identity the task's identity
   * @param outcome is told of a signal that ends the process
   * @param waiting what a signal interrupts
   */
  public TaskSignals(
      ProcessSignals process,
      ResourceLimits limits,
      TaskIdentity identity,
      CallOutcome outcome,
      TaskWait waiting) {
    this.process = process;
    this.limits = limits;
    this.identity = identity;
    this.outcome = outcome;
    this.waiting = waiting;
    actions = process.actions();
    pending = new PendingSignals(process);
    waiting.interruptedBy(this::looks);
  }

  /** Joins the process, which it may have left before a restore, if it has not joined already. */
  public void begin() {
    hasEnded = false;
    process.add(this);
  }

  /** Begins with what a new thread has from its creator: the blocked signals. */
  public void inherit(TaskSignals creator) {
    blocked = creator.blocked;
  }

  /** Leaves the process, since the task has ended. Others take the signals of the process. */
  public void end() {
    hasEnded = true;
    process.remove(this);
    process.retarget(this, ~blocked);
    pending.ofTask().restore(0, List.of());
    looks = false;
  }

  int thread() {
    return identity.thread();
  }

  boolean isOfFirst() {
    return identity.thread() == identity.process();
  }

  ProcessSignals process() {
    return process;
  }

  /** Returns what changes when a signal is sent to the process or to a task of it. */
  public WaitSource arrivals() {
    return process.arrivals();
  }

  public SignalActions actions() {
    return actions;
  }

  public PendingSignals pending() {
    return pending;
  }

  /** Returns the signals that are pending for the process, a bit for each. */
  public long pendingOfProcess() {
    return process.pending().pending();
  }

  public long blocked() {
    return blocked;
  }

  /** Blocks exactly these signals, except those that cannot be blocked. */
  void block(long set) {
    long wanted = withoutUnblockable(set);
    if (looks && !process.hasOneTask()) {
      process.retarget(this, wanted & ~blocked);
    }
    blocked = wanted;
    looks = deliverable() != 0;
  }

  /**
   * Blocks exactly these signals during the system call. If a signal interrupts the call, its
   * handler runs before the earlier mask holds again. A call that is made again does not change it
   * again.
   */
  public void blockDuringCall(long set) {
    if (!isMaskTemporary) {
      saved = blocked;
      isMaskTemporary = true;
      block(set);
    }
  }

  /** Returns the signals that are blocked after the system call. */
  long blockedAfterCall() {
    return isMaskTemporary ? saved : blocked;
  }

  boolean isMaskTemporary() {
    return isMaskTemporary;
  }

  /** Ends the effect of {@link #blockDuringCall}, since the call is over. */
  void endTemporaryMask() {
    isMaskTemporary = false;
    block(saved);
  }

  /** Does the same if a handler runs now, which returns to the earlier mask by itself. */
  void keepTemporaryMask() {
    isMaskTemporary = false;
  }

  /** Returns whether the task has to look for pending signals. */
  boolean looks() {
    return looks;
  }

  /** Answers whether the task would take a signal, and does not look for signals anyway. */
  boolean wants(int signal) {
    long bit = Signals.bit(signal);
    return takes(bit) && (!looks || (awaited & bit) != 0);
  }

  private boolean takes(long bit) {
    return !hasEnded && (blocked & ~awaited & bit) == 0;
  }

  /** Makes the task look for signals, which may interrupt its wait. */
  void look(long signals) {
    if ((awaited & signals) != 0) {
      awaited = 0; // it takes one: the next signal is for another task that waits
      waiting.wake();
    } else {
      looks = true;
      waiting.interrupt();
    }
  }

  /** Says for which signals the task waits in its system call; 0 for none. */
  void await(long signals) {
    awaited = signals;
  }

  /** Answers whether any of these signals is pending. */
  public boolean isPending(long wanted) {
    return (pending.all() & wanted) != 0;
  }

  /**
   * Removes the next pending signal.
   *
   * @param wanted the signals to choose from; at least one of them is pending
   */
  SignalInfo take(long wanted) {
    SignalInfo taken = pending.take(wanted);
    looks = deliverable() != 0;
    return taken;
  }

  /** Returns a set without the signals that cannot be blocked. */
  static long withoutUnblockable(long set) {
    return set & ~(Signals.bit(Signals.SIGKILL) | Signals.bit(Signals.SIGSTOP));
  }

  /** Returns the stack of {@code sigaltstack(2)}. */
  SignalState.Stack stack() {
    return stack;
  }

  void setStack(SignalState.Stack wanted) {
    stack = wanted;
  }

  public SignalState state() {
    return new SignalState(
        actions.state(),
        blocked,
        pending.ofTask().pending(),
        process.pending().pending(),
        pending.ofTask().queued(),
        process.pending().queued(),
        stack,
        isMaskTemporary ? (Long) saved : null,
        looks);
  }

  @Override
  public void restore(SignalState earlier) {
    actions.restore(earlier.actions());
    blocked = earlier.blocked();
    Long ofCall = earlier.saved();
    isMaskTemporary = ofCall != null;
    saved = ofCall == null ? 0 : ofCall;
    awaited = 0; // the call is made again
    pending.ofTask().restore(earlier.ofTask(), earlier.queueOfTask());
    process.pending().restore(earlier.ofProcess(), earlier.queueOfProcess());
    stack = earlier.stack();
    looks = earlier.looks();
  }

  /** Returns the signals that would be delivered now, a bit for each. */
  long deliverable() {
    return pending.all() & ~blocked;
  }

  /** Sets the action of a signal. If the signal is ignored now, pending ones are removed. */
  void setAction(SignalState.Action action) {
    int signal = action.signal();
    actions.set(action);
    // A stop signal with the default action stays pending, as for a process that can be stopped.
    boolean stops = (Signals.bit(signal) & STOPPING) != 0;
    if (actions.isIgnored(signal) && (!stops || action.handler() == SignalActions.SIG_IGN)) {
      process.discard(Signals.bit(signal));
    }
  }

  /** Sends the task a signal as the kernel does, about what the task has just done. */
  public void raise(int signal) {
    send(SignalInfo.sent(signal, SignalInfo.SI_USER, identity), true);
  }

  /**
   * Sends a signal of a timer.
   *
   * @param toTask whether to the task, not to its process
   * @return whether it is pending now
   */
  public boolean sendByTimer(SignalInfo info, boolean toTask) {
    SignalQueue queue = toTask ? pending.ofTask() : process.pending();
    return send(info, toTask) == 0 && (queue.pending() & Signals.bit(info.signal())) != 0;
  }

  /**
   * Sends a signal.
   *
   * @param toTask whether to the task, not to its process, which then still prefers it
   * @return 0 or a negated error number
   */
  long send(SignalInfo info, boolean toTask) {
    int signal = info.signal();
    long bit = Signals.bit(signal);
    if (signal == Signals.SIGCONT) {
      process.discard(STOPPING);
    } else if ((bit & STOPPING) != 0) {
      process.discard(Signals.bit(Signals.SIGCONT));
    }
    if (((blocked | awaited) & bit) == 0 && actions.isIgnored(signal)) {
      return 0; // a blocked one is kept: it may not be ignored when it is unblocked
    }
    TaskSignals taker = toTask ? (takes(bit) ? this : null) : process.choose(signal, this);
    if (taker != null && (taker.blocked & bit) == 0 && actions.isDefault(signal)) {
      return outcome.kill(signal);
    }
    if (!pending.add(info, toTask, limits.pendingSignals())) {
      return -Errno.EAGAIN;
    }
    process.arrivals().changed();
    if (taker != null) {
      taker.look(bit);
    }
    return 0;
  }
}
