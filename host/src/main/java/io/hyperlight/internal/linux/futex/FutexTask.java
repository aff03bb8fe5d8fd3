package io.hyperlight.internal.linux.futex;

import io.hyperlight.internal.linux.wait.Deadline;
import io.hyperlight.internal.linux.wait.Restart;
import io.hyperlight.internal.linux.wait.TaskWait;
import io.hyperlight.internal.os.Errno;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The futexes that one task waits for. It is in at most one call, and so waits for one futex, or
 * for those of one {@code futex_waitv(2)}.
 */
public final class FutexTask {
  private final FutexQueue queue;
  private final int thread;
  private final TaskWait waiting;
  private final FutexKeys keys;

  /** Empty for a task that does not wait. Immutable until it waits for the first time. */
  private List<FutexWaiter> waiters = List.of();

  /** The result of a call that is over, although its handler is going to be called again. */
  private OptionalLong result = OptionalLong.empty();

  /**
   * Creates the waits of a new task.
   *
   * @param thread its number
   */
  public FutexTask(FutexQueue queue, int thread, TaskWait waiting, FutexKeys keys) {
    this.queue = queue;
    this.thread = thread;
    this.waiting = waiting;
    this.keys = keys;
  }

  /** Makes others see the task, which is new, or may have ended before a restore. */
  public void begin() {
    queue.addTask(this);
  }

  int thread() {
    return thread;
  }

  TaskWait waiting() {
    return waiting;
  }

  FutexKeys keys() {
    return keys;
  }

  FutexQueue queue() {
    return queue;
  }

  boolean isQueued() {
    return !waiters.isEmpty();
  }

  /** Returns the lock for which the task waits; null if it waits for none. */
  @Nullable FutexLock lock() {
    return waiters.isEmpty() ? null : waiters.getFirst().lock;
  }

  /** Adds an entry to a queue, behind all others. */
  void add(FutexWaiter waiter) {
    if (waiters.isEmpty() && !(waiters instanceof ArrayList)) {
      waiters = new ArrayList<>(1);
    }
    waiters.add(waiter);
    queue.add(waiter);
  }

  /** Leaves all queues. */
  void leave() {
    if (waiters.isEmpty()) {
      return;
    }
    for (FutexWaiter waiter : waiters) {
      queue.remove(waiter);
    }
    waiters.clear();
  }

  /**
   * Ends the call of the task, which is in a queue. The task may have been woken already, by a
   * signal or by its deadline, and not have run since. Then the call still ends like this.
   */
  void end(long callResult) {
    leave();
    if (!waiting.complete(callResult)) {
      result = OptionalLong.of(callResult);
      queue.noteResult();
    }
  }

  OptionalLong result() {
    return result;
  }

  void restoreResult(long value) {
    result = OptionalLong.of(value);
  }

  /** Returns the result of a call that is over, and forgets it. */
  OptionalLong takeResult() {
    OptionalLong taken = result;
    if (taken.isPresent()) {
      result = OptionalLong.empty();
    }
    return taken;
  }

  /**
   * Goes on waiting in the queues, or ends the wait.
   *
   * @param restart what becomes of the call after a signal's handler
   */
  long await(String what, Deadline until, Restart restart) {
    if (waiting.isOver(until)) {
      leave();
      return -Errno.ETIMEDOUT;
    }
    if (waiting.isInterrupted()) {
      boolean wasMoved = lock() != null && waiters.getFirst().target != null;
      leave();
      if (wasMoved) {
        return -Errno.EAGAIN; // the call cannot be made again: its word has another value now
      }
    }
    throw waiting.block(what, until, restart);
  }

  /** Forgets the task, which has ended or is restored. Its locks have no owner any more. */
  public void forget() {
    leave();
    result = OptionalLong.empty();
    queue.removeTask(this);
  }
}
