package io.hyperlight.internal.linux.wait;

import java.nio.ByteBuffer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a task waits for in its system call, and what the call has to remember meanwhile.
 *
 * <p>A handler that has to wait throws what {@link #block} returns. The task then waits until one
 * of the sources changes, the deadline comes, or a signal interrupts it. After each of these the
 * handler is called again from its beginning, with the same arguments. It finds the deadline of its
 * first call again, and the progress that it has noted. So a wait is only data, and a snapshot can
 * be taken at any of them.
 *
 * <p>A call that another task completes, such as a wait for a futex, is not made again: {@link
 * #complete}.
 *
 * <p>For one thread at a time.
 */
public final class TaskWait implements Waiter {
  /** What the wait of a task has come to. */
  public enum State {
    /** The task makes no call that has waited. */
    NONE,
    /** The task waits. */
    BLOCKED,
    /** The call has to be made again, which may wait once more. */
    WOKEN,
    /** The call is over, and its {@link #result} is known. */
    COMPLETED
  }

  private static final WaitSource[] NOTHING = {};

  /** The maximum size of a copy in bytes. A task is charged for more than that. */
  private static final int LARGEST_COPY = 1024;

  private final TimerQueue timers;
  private final Consumer<TaskWait> woken;
  private final QueuedTimer timer =
      new QueuedTimer() {
        @Override
        protected void expired() {
          hasExpired = true;
          wake();
        }
      };

  private State state = State.NONE;
  private boolean hasExpired;
  private BooleanSupplier signals = () -> false;
  private Runnable whenInterrupted = () -> {};
  private Runnable whenSkipped = () -> {};

  /** Never unless the call has asked for one. */
  private Deadline deadline = Deadline.NEVER;

  private boolean hasDeadline;
  private @Nullable ByteBuffer copy;
  private long progress;
  private long result;
  private String what = "";
  private Restart restart = Restart.NEVER;
  private WaitSource[] sources = NOTHING;
  private long since;

  /**
   * Creates the waits of one task.
   *
   * @param woken is told when the task can go on
   */
  public TaskWait(TimerQueue timers, Consumer<TaskWait> woken) {
    this.timers = timers;
    this.woken = woken;
  }

  /** Sets what says whether a signal interrupts waits now. */
  public void interruptedBy(BooleanSupplier pendingSignals) {
    signals = pendingSignals;
  }

  /** Sets what to do when a signal comes for the task while it does not wait. */
  public void whenInterrupted(Runnable reaction) {
    whenInterrupted = reaction;
  }

  /** Sets what to do when a wait is over before it begins. */
  public void whenSkipped(Runnable reaction) {
    whenSkipped = reaction;
  }

  // For the handlers of system calls.

  /**
   * Returns the deadline of the call by the monotonic clock: that many nanoseconds after the call
   * was made for the first time.
   *
   * @param nanos a negative number means never
   */
  public Deadline deadlineAfter(long nanos) {
    return deadlineAfter(Deadline.Clock.MONOTONIC, nanos);
  }

  /** Does the same by any clock. */
  public Deadline deadlineAfter(Deadline.Clock clock, long nanos) {
    if (!hasDeadline) {
      hasDeadline = true;
      deadline = nanos < 0 ? Deadline.NEVER : after(clock, nanos);
    }
    return deadline;
  }

  /**
   * Returns the deadline of the call, which the program gives as a point in time: that of the first
   * run, whatever it gives later.
   */
  public Deadline deadlineAt(Deadline wanted) {
    if (!hasDeadline) {
      hasDeadline = true;
      deadline = wanted;
    }
    return deadline;
  }

  /**
   * Returns whether the call has its deadline from an earlier run. Then there is no need to read
   * the time again, which the program may have changed.
   */
  public boolean hasDeadline() {
    return hasDeadline;
  }

  /** Returns the deadline that the call has; never if it has none. */
  public Deadline deadline() {
    return deadline;
  }

  private Deadline after(Deadline.Clock clock, long nanos) {
    long now = timers.now(clock);
    return Deadline.at(clock, nanos > Long.MAX_VALUE - now ? Long.MAX_VALUE : now + nanos);
  }

  /** Returns whether the deadline of the call has come. */
  public boolean isOver(Deadline of) {
    boolean isOver = hasExpired || left(of) == 0;
    if (isOver && state == State.NONE) {
      whenSkipped.run();
    }
    return isOver;
  }

  /** Returns how long until a deadline comes, in nanoseconds; 0 if it has come. */
  public long left(Deadline of) {
    return hasExpired ? 0 : timers.left(of);
  }

  /**
   * Returns what earlier runs of the same call have noted with {@link #progress(long)}; first 0.
   */
  public long progress() {
    return progress;
  }

  /** Notes how far the call has come, for its next run. */
  public void progress(long now) {
    progress = now;
  }

  /**
   * Returns a copy of what an earlier run of the call has read from memory, which the program may
   * have changed since. Null for the first run, and after a restore: snapshots do not keep it.
   */
  public @Nullable ByteBuffer copy() {
    return copy;
  }

  /** Keeps a copy for the next run of the call, unless it is large. */
  public void keepCopy(ByteBuffer read) {
    copy = read.capacity() <= LARGEST_COPY ? read : null;
  }

  /** Returns whether a signal interrupts the call. It waits no longer, and may still succeed. */
  public boolean isInterrupted() {
    return signals.getAsBoolean();
  }

  /**
   * Makes the task wait.
   *
   * @param waitsFor for people: the words that follow "the guest", or a thread's name
   * @param until when the call is made again in any case
   * @param ifInterrupted what becomes of the call after a signal's handler
   * @param changing each may end the wait
   * @return what the handler has to throw
   */
  public RuntimeException block(
      String waitsFor, Deadline until, Restart ifInterrupted, WaitSource... changing) {
    restart = ifInterrupted;
    if (signals.getAsBoolean()) {
      return new InterruptedWaitException();
    }
    stopWaiting(); // for what an earlier run of the call waited for
    what = waitsFor;
    state = State.BLOCKED;
    hasExpired = false;
    sources = changing;
    for (WaitSource source : changing) {
      source.add(this);
    }
    since = timers.nextNumber();
    timers.set(timer, until);
    return new BlockedException();
  }

  // For those that end waits.

  @Override
  public void changed(WaitSource source) {
    wake();
  }

  /** Makes the task's call be made again. */
  public void wake() {
    if (state == State.BLOCKED) {
      leave(State.WOKEN);
    }
  }

  /**
   * Ends the call with a result.
   *
   * @return false if the task does not wait
   */
  public boolean complete(long callResult) {
    if (state != State.BLOCKED) {
      return false;
    }
    result = callResult;
    leave(State.COMPLETED);
    return true;
  }

  /** Returns whether the task waits for a change of a source. */
  public boolean isFor(WaitSource source) {
    if (state == State.BLOCKED) {
      for (WaitSource each : sources) {
        if (each == source) {
          return true;
        }
      }
    }
    return false;
  }

  /** Makes the task's call be made again, since a signal interrupts it. */
  public void interrupt() {
    if (state == State.BLOCKED) {
      wake();
    } else {
      whenInterrupted.run();
    }
  }

  /**
   * Ends the wait. The task leaves its sources later, when it runs: they may be hundreds, and
   * whoever changes one of them may wake hundreds of tasks.
   */
  private void leave(State next) {
    timers.stop(timer);
    state = next;
    woken.accept(this);
  }

  private void stopWaiting() {
    for (WaitSource source : sources) {
      source.remove(this);
    }
    sources = NOTHING;
    timers.stop(timer);
  }

  // For the scheduler.

  public State state() {
    return state;
  }

  /** Returns what the task waits for, or waited for last. */
  public String what() {
    return what;
  }

  /** Returns when the wait ends by itself. */
  public Deadline until() {
    return timer.deadline();
  }

  /** Returns the result of a call that is {@linkplain State#COMPLETED completed}. */
  public long result() {
    return result;
  }

  /** Returns what becomes of the interrupted call. */
  public Restart restart() {
    return restart;
  }

  /** Returns a number that is larger for a wait that began later. */
  public long since() {
    return since;
  }

  /** Returns what a snapshot keeps. */
  public WaitState save() {
    return state == State.NONE
        ? WaitState.NONE
        : new WaitState(state, hasDeadline ? deadline : null, hasExpired, progress, result);
  }

  /** Restores an earlier wait. If it waited, its call has to be made again. */
  public void restore(WaitState earlier) {
    reset();
    what = "";
    restart = Restart.NEVER;
    since = 0;
    result = 0;
    if (earlier.state() != State.NONE) {
      Deadline kept = earlier.deadline();
      state = earlier.state() == State.BLOCKED ? State.WOKEN : earlier.state();
      hasDeadline = kept != null;
      deadline = kept == null ? Deadline.NEVER : kept;
      hasExpired = earlier.isOver();
      progress = earlier.progress();
      result = earlier.result();
    }
  }

  /** Forgets the call, which is over. A comparison costs less than stores. */
  public void reset() {
    if (state != State.NONE || hasDeadline || progress != 0 || copy != null) {
      stopWaiting();
      state = State.NONE;
      hasExpired = false;
      hasDeadline = false;
      deadline = Deadline.NEVER;
      copy = null;
      progress = 0;
    }
  }
}
