package io.hyperlight.pool;

import java.util.LinkedHashSet;
import java.util.SequencedSet;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The threads that wait for a member, in the order in which they came. Each has a condition of its
 * own, so that an answer wakes the thread it is for and no other. Guarded by the pool's lock.
 */
final class WaitingLine<T> {
  /** A thread that waits, and its answer: a member or a refusal. */
  static final class Waiter<T> {
    private final Condition answered;
    private @Nullable Member<T> member;
    private @Nullable RefusedException refusal;

    private Waiter(Condition answered) {
      this.answered = answered;
    }

    boolean isAnswered() {
      return member != null || refusal != null;
    }

    /** What it was given; null if it was refused, or not answered. */
    @Nullable Member<T> member() {
      return member;
    }

    /** Why it was refused; null if it was not. */
    @Nullable RefusedException refusal() {
      return refusal;
    }
  }

  private final ReentrantLock lock;
  private final SequencedSet<Waiter<T>> waiters = new LinkedHashSet<>();

  WaitingLine(ReentrantLock lock) {
    this.lock = lock;
  }

  boolean isEmpty() {
    return waiters.isEmpty();
  }

  int size() {
    return waiters.size();
  }

  /** Queues up. */
  Waiter<T> join() {
    Waiter<T> waiter = new Waiter<>(lock.newCondition());
    waiters.addLast(waiter);
    return waiter;
  }

  /**
   * Waits for an answer, and leaves the line in any case.
   *
   * @throws InterruptedException if the thread is interrupted; it may have been answered before
   */
  void await(Waiter<T> waiter, long nanos) throws InterruptedException {
    try {
      long left = nanos;
      while (left > 0 && !waiter.isAnswered()) {
        left = waiter.answered.awaitNanos(left);
      }
    } finally {
      waiters.remove(waiter);
    }
  }

  void giveToFirst(Member<T> member) {
    Waiter<T> waiter = waiters.removeFirst();
    waiter.member = member;
    waiter.answered.signal();
  }

  void refuseFirst(RefusedException refusal) {
    Waiter<T> waiter = waiters.removeFirst();
    waiter.refusal = refusal;
    waiter.answered.signal();
  }
}
