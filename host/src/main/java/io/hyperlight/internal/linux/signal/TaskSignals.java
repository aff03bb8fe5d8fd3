package io.hyperlight.internal.linux.signal;

import io.hyperlight.internal.linux.base.CallOutcome;
import io.hyperlight.internal.linux.base.TaskIdentity;
import io.hyperlight.internal.linux.limits.ResourceLimits;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.restore.Restorable;

/** The signals of a task: the blocked and the pending ones, and the stack for its handlers. */
public final class TaskSignals implements Restorable<SignalState> {
  /** SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU. */
  private static final long STOPPING = 0xfL << (Signals.SIGSTOP - 1);

  private final ProcessSignals process;
  private final SignalActions actions;
  private final PendingSignals pending;
  private final ResourceLimits limits;
  private final TaskIdentity identity;
  private final CallOutcome outcome;
  private long blocked;
  private SignalState.Stack stack = SignalState.Stack.NONE;

  /**
   * Creates the signals of a new task.
   *
   * @param process the signals that it shares with the other tasks of its process
   * @param identity the task's identity
   * @param outcome is told of a signal that ends the process
   */
  public TaskSignals(
      ProcessSignals process, ResourceLimits limits, TaskIdentity identity, CallOutcome outcome) {
    this.process = process;
    this.limits = limits;
    this.identity = identity;
    this.outcome = outcome;
    actions = process.actions();
    pending = new PendingSignals(process);
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
    blocked = withoutUnblockable(set);
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

  /** Begins with what a new thread has from its creator: the blocked signals. */
  public void inherit(TaskSignals creator) {
    blocked = creator.blocked;
  }

  public SignalState state() {
    return new SignalState(
        actions.state(),
        blocked,
        pending.ofTask().pending(),
        process.pending().pending(),
        pending.ofTask().queued(),
        process.pending().queued(),
        stack);
  }

  @Override
  public void restore(SignalState earlier) {
    actions.restore(earlier.actions());
    block(earlier.blocked());
    pending.ofTask().restore(earlier.ofTask(), earlier.queueOfTask());
    process.pending().restore(earlier.ofProcess(), earlier.queueOfProcess());
    stack = earlier.stack();
  }

  /** Returns the signals that would be delivered now, a bit for each. */
  long deliverable() {
    return pending.all() & ~blocked;
  }

  /** Answers whether a pending signal would be delivered, and not ignored, under another mask. */
  public boolean isDeliverableUnder(long mask) {
    for (long left = pending.all() & ~withoutUnblockable(mask); left != 0; left &= left - 1) {
      if (!actions.isIgnored(Long.numberOfTrailingZeros(left) + 1)) {
        return true;
      }
    }
    return false;
  }

  /** Sets the action of a signal. If the signal is ignored now, pending ones are removed. */
  void setAction(SignalState.Action action) {
    int signal = action.signal();
    actions.set(action);
    // A stop signal with the default action stays pending, as for a process that can be stopped.
    boolean stops = (Signals.bit(signal) & STOPPING) != 0;
    if (actions.isIgnored(signal) && (!stops || action.handler() == SignalActions.SIG_IGN)) {
      pending.discard(Signals.bit(signal));
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
   * @param toTask whether to the task, not to its process
   * @return 0 or a negated error number
   */
  long send(SignalInfo info, boolean toTask) {
    int signal = info.signal();
    if (signal == Signals.SIGCONT) {
      pending.discard(STOPPING);
    } else if ((Signals.bit(signal) & STOPPING) != 0) {
      pending.discard(Signals.bit(Signals.SIGCONT));
    }
    boolean isBlocked = (blocked & Signals.bit(signal)) != 0;
    if (!isBlocked && actions.isIgnored(signal)) {
      return 0; // a blocked one is kept: it may not be ignored when it is unblocked
    }
    if (!isBlocked && actions.isDefault(signal)) {
      return outcome.kill(signal);
    }
    return pending.add(info, toTask, limits.pendingSignals()) ? 0 : -Errno.EAGAIN;
  }
}
