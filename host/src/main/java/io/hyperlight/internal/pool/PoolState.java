package io.hyperlight.internal.pool;

import io.hyperlight.internal.pool.PoolBudget.Need;
import io.hyperlight.internal.pool.RefusedException.Reason;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The state of a pool, and the lock that guards it. A holder's stack may be nearly full, so holders
 * change the fields directly: see {@link RecyclingPool}. {@link Chores} contains what caretakers do
 * with the state.
 */
final class PoolState<T> {
  final PoolLimits limits;
  final LongSupplier clock;
  final PoolBudget.Share share;

  /** Set by tests only. */
  volatile Steps steps = Steps.NONE;

  final Object lock = new Object();

  // Guarded by the lock.

  final WaitingLine<T> line = new WaitingLine<>();
  final ReadyMembers<T> ready;

  /** Members that their holders gave back. */
  final MemberList<T> returned = new MemberList<>();

  /** Members that were still in use when they were given back. They count as lent. */
  final MemberList<T> used = new MemberList<>();

  /** The first of all existing members. */
  @Nullable Member<T> firstOfAll;

  final PoolCounters counters = new PoolCounters();

  /** Members that exist, are being created, or are being closed. */
  int total;

  int lent;
  int closing;

  /** Caretakers that have not ended. */
  int working;

  final Growth growth;
  boolean closed;

  /**
   * Creates the state of an empty pool. The pool has a share of the budget until it {@linkplain
   * PoolBudget.Share#leave leaves}.
   *
   * @param itemBytes how many bytes of the budget one item takes
   * @param clock in nanoseconds, like {@link System#nanoTime}
   */
  PoolState(PoolLimits limits, PoolBudget budget, long itemBytes, LongSupplier clock) {
    this.limits = limits;
    this.clock = clock;
    ready = new ReadyMembers<>(limits);
    share = budget.join(itemBytes, listener());
    try {
      growth = new Growth(share, clock.getAsLong());
    } catch (Throwable t) {
      share.leave();
      throw t;
    }
  }

  private PoolBudget.Listener listener() {
    return new PoolBudget.Listener() {
      @Override
      public void granted() {
        poke();
      }

      @Override
      public void asked() {
        poke();
      }
    };
  }

  /** Makes a caretaker look for work, for example after a change of the clock. */
  void poke() {
    synchronized (lock) {
      wake();
    }
  }

  /**
   * Returns how urgently the pool needs one more member. Members that are being closed do not
   * count.
   */
  Need need() {
    long wanted = Math.min(limits.size(), (long) lent + line.size + limits.idle());
    if (closed || total >= limits.size() || total - closing >= wanted) {
      return Need.NONE;
    }
    return total == 0 && line.size > 0 ? Need.STARVING : Need.MORE;
  }

  /** Wakes a caretaker if the budget should be asked. The caller holds the lock. */
  void wakeForGrowth() {
    if (growth.mayAsk(need())) {
      lock.notify();
    }
  }

  /**
   * Wakes a caretaker. In a closed pool it wakes all threads, since threads that close the pool
   * wait, too. The caller holds the lock.
   */
  void wake() {
    if (closed) {
      lock.notifyAll();
    } else {
      lock.notify();
    }
  }

  /** Returns the reason for refusing a waiter whose time is up. */
  Reason lateReason() {
    return share.claim() == Need.STARVING ? Reason.NO_BUDGET : Reason.TIMED_OUT;
  }

  /** Refuses a waiter that has left the line, and wakes its thread. */
  void refuse(Waiter<T> waiter, Reason reason, @Nullable Throwable cause) {
    waiter.refusal = reason;
    waiter.cause = cause;
    counters.refused++;
    waiter.loan.state = Loan.State.REFUSED;
    LockSupport.unpark(waiter.thread);
  }

  /** Lends a member to a waiter that has left the line, and wakes its thread. */
  void lend(Member<T> member, Waiter<T> waiter) {
    member.loan = waiter.loan;
    member.lastHolder = waiter.threadId;
    member.uses++;
    waiter.loan.lend(member);
    lent++;
    counters.acquired++;
    LockSupport.unpark(waiter.thread);
  }
}
