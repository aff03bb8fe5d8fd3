package io.hyperlight.internal.pool;

import io.hyperlight.internal.pool.PoolBudget.Need;
import io.hyperlight.internal.pool.RefusedException.Reason;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What a pool has, and the lock that guards it. Holders, whose stack may be at its end, change the
 * fields themselves: see {@link RecyclingPool}. What caretakers do with it is in {@link Chores}.
 */
final class PoolState<T> {
  final PoolLimits limits;
  final LongSupplier clock;
  final PoolBudget.Share share;

  /** For tests. */
  volatile Steps steps = Steps.NONE;

  final Object lock = new Object();

  // Guarded by the lock.

  final WaitingLine<T> line = new WaitingLine<>();
  final ReadyMembers<T> ready;

  /** Members that were given back. */
  final MemberList<T> returned = new MemberList<>();

  /** Members that were still used when they were given back. They count as lent. */
  final MemberList<T> used = new MemberList<>();

  /** The first of all members that are made and not closed. */
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
   * An empty one, which has a share of a budget until that {@linkplain PoolBudget.Share#leave
   * leaves}.
   *
   * @param itemBytes what one item takes of the budget
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

  /** Lets a caretaker look whether there is something to do, as after a change of the clock. */
  void poke() {
    synchronized (lock) {
      wake();
    }
  }

  /** How much one more member would be of use. One that is being closed is of none. */
  Need need() {
    long wanted = Math.min(limits.size(), (long) lent + line.size + limits.idle());
    if (closed || total >= limits.size() || total - closing >= wanted) {
      return Need.NONE;
    }
    return total == 0 && line.size > 0 ? Need.STARVING : Need.MORE;
  }

  /** With the lock held: wakes a caretaker if the budget is to be asked. */
  void wakeForGrowth() {
    if (growth.mayAsk(need())) {
      lock.notify();
    }
  }

  /** With the lock held. Once it is closed, others wait too. */
  void wake() {
    if (closed) {
      lock.notifyAll();
    } else {
      lock.notify();
    }
  }

  /** Why somebody is refused whose time is over. */
  Reason lateReason() {
    return share.claim() == Need.STARVING ? Reason.NO_BUDGET : Reason.TIMED_OUT;
  }

  /** Refuses somebody who has left the line, and wakes the thread. */
  void refuse(Waiter<T> waiter, Reason reason, @Nullable Throwable cause) {
    waiter.refusal = reason;
    waiter.cause = cause;
    counters.refused++;
    waiter.loan.state = Loan.State.REFUSED;
    LockSupport.unpark(waiter.thread);
  }

  /** Lends a member to somebody who has left the line, and wakes the thread. */
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
