package io.hyperlight.internal.pool;

import io.hyperlight.internal.pool.RefusedException.Reason;
import java.util.concurrent.TimeUnit;

/**
 * Decides what the caretakers of a pool do next, and records the results. Each caretaker asks on
 * its own thread. Allocates nothing while it holds the lock.
 */
final class Chores<T> {
  private static final long MILLISECOND = 1_000_000;

  /** How often to look for members whose holders may have had no room to give them back. */
  private static final long SWEEP_NANOS = 100 * MILLISECOND;

  private static final long FIRST_PAUSE_NANOS = MILLISECOND;
  private static final long LONGEST_PAUSE_NANOS = 50 * MILLISECOND;

  private final PoolState<T> state;
  private long sweptAt = System.nanoTime();

  Chores(PoolState<T> state) {
    this.state = state;
  }

  // Choosing the next step.

  /**
   * Chooses the next step.
   *
   * @param waits whether to wait until there is one
   */
  void chooseFor(Hand<T> hand, boolean waits) {
    synchronized (state.lock) {
      while (true) {
        long now = state.clock.getAsLong();
        sweep();
        choose(hand, now);
        if (hand.action != Action.NONE) {
          return;
        }
        if (state.closed && state.total == 0) {
          hand.action = Action.LEAVE;
          state.lock.notifyAll();
          return;
        }
        if (!waits) {
          return;
        }
        awaitWork(nanosToNextChore(now));
      }
    }
  }

  @SuppressWarnings("WaitNotInLoop") // the caller loops
  private void awaitWork(long nanos) {
    if (nanos <= 0) {
      return;
    }
    try {
      if (nanos == Long.MAX_VALUE) {
        state.lock.wait();
      } else {
        state.lock.wait(Math.max(1, TimeUnit.NANOSECONDS.toMillis(nanos)));
      }
    } catch (InterruptedException e) {
      // Nothing in the library interrupts a caretaker, and an interrupt is no reason to end.
    }
  }

  /** Returns how long it takes until there is work merely because time passes. */
  private long nanosToNextChore(long now) {
    // A holder or waiter may have had no room to wake a caretaker.
    long nanos = state.lent > 0 || state.line.size > 0 ? SWEEP_NANOS : Long.MAX_VALUE;
    for (Member<T> member = state.used.first; member != null; member = member.after) {
      nanos = Math.min(nanos, member.retryAt - now);
    }
    if (!state.ready.isEmpty()) {
      nanos = Math.min(nanos, state.ready.nanosUntilExpiry(now));
    }
    if (state.growth.mayAsk(state.need())) {
      nanos = Math.min(nanos, state.growth.nanosLeft(now));
    }
    return nanos;
  }

  /** Takes back members whose loans are over but whose holders could not give them back. */
  private void sweep() {
    if (state.lent == 0 || System.nanoTime() - sweptAt < SWEEP_NANOS) {
      return;
    }
    sweptAt = System.nanoTime();
    for (Member<T> member = state.firstOfAll; member != null; member = member.next) {
      Loan<T> loan = member.loan;
      if (loan != null && loan.over && loan.state == Loan.State.LENT) {
        loan.state = Loan.State.OVER;
        member.loan = null;
        state.lent--;
        state.returned.addLast(member);
      }
    }
  }

  private void choose(Hand<T> hand, long now) {
    Member<T> member = state.used.first;
    while (member != null && member.retryAt - now > 0) {
      member = member.after;
    }
    if (member != null) {
      state.used.remove(member);
      hand.member = member;
      hand.action = Action.RECLAIM;
      return;
    }
    member = state.returned.pollFirst();
    if (member != null) {
      hand.member = member;
      hand.action = Action.RECLAIM;
      return;
    }
    member =
        state.closed || mustYield() ? state.ready.popLongestReady() : state.ready.popExpired(now);
    if (member != null) {
      state.closing++;
      hand.member = member;
      hand.action = Action.CLOSE;
      return;
    }
    hand.need = state.need();
    Action action = state.growth.choose(hand.need, now);
    if (action == Action.CREATE || action == Action.GROW) {
      state.total++;
    }
    hand.action = action;
  }

  private boolean mustGo(Member<T> member, long now) {
    return state.closed
        || member.broken
        || member.uses >= state.limits.uses()
        || now - member.createdAt >= state.limits.ageNanos()
        || (state.total - state.closing > 1 && state.share.yields());
  }

  /**
   * Answers whether a ready member must be closed for a pool that has none. This pool keeps one.
   */
  private boolean mustYield() {
    return !state.ready.isEmpty() && state.total - state.closing > 1 && state.share.yields();
  }

  // Recording results.

  /** Chooses between cleaning and closing a returned member. */
  void decide(Hand<T> hand, Member<T> member) {
    synchronized (state.lock) {
      boolean goes = mustGo(member, state.clock.getAsLong());
      if (member.countedAsLent) {
        member.countedAsLent = false;
        state.lent--;
      }
      member.pauseNanos = 0;
      if (goes) {
        state.closing++;
      }
      hand.action = goes ? Action.CLOSE : Action.CLEAN;
    }
  }

  /** Records that a member is still in use. The pool asks for it again later. */
  void stillUsed(Hand<T> hand, Member<T> member) {
    synchronized (state.lock) {
      long now = state.clock.getAsLong();
      long pause = member.pauseNanos;
      member.pauseNanos = pause == 0 ? FIRST_PAUSE_NANOS : Math.min(2 * pause, LONGEST_PAUSE_NANOS);
      member.retryAt = now + member.pauseNanos;
      if (!member.countedAsLent) {
        member.countedAsLent = true;
        state.lent++;
      }
      state.used.addLast(member);
      hand.done();
      state.lock.notifyAll();
    }
  }

  /** Lends a clean member to the first waiter, or makes it ready. */
  void handOut(Hand<T> hand, Member<T> member) {
    synchronized (state.lock) {
      long now = state.clock.getAsLong();
      if (member.known) {
        state.counters.cleaned(hand.nanos);
      } else {
        member.known = true;
        member.createdAt = now;
        member.next = state.firstOfAll;
        if (state.firstOfAll != null) {
          state.firstOfAll.previous = member;
        }
        state.firstOfAll = member;
        state.counters.created(hand.nanos);
        state.growth.succeeded();
      }
      if (state.closed) {
        hand.action = Action.DECIDE;
        return;
      }
      Waiter<T> waiter = state.line.takeFirst();
      hand.done();
      if (waiter == null) {
        state.ready.push(member, now);
      } else {
        state.lend(member, waiter);
      }
    }
  }

  /**
   * Records that a member could not be created. If the pool has no member at all, the attempt was
   * made for the first waiter, which is refused. The next waiter gets an attempt of its own.
   * Otherwise the waiters can wait for an existing member, and the pool tries again after a while.
   */
  void creationFailed(Hand<T> hand) {
    synchronized (state.lock) {
      Throwable failure = hand.failure;
      state.growth.failed(failure, state.clock.getAsLong());
      state.total--;
      state.counters.creationFailed();
      hand.done();
      Waiter<T> waiter = state.total == 0 ? state.line.takeFirst() : null;
      if (waiter != null) {
        state.refuse(waiter, Reason.NOT_CREATED, failure);
      }
      state.wake();
    }
  }

  void growthDecided(Hand<T> hand) {
    synchronized (state.lock) {
      state.growth.asked();
      if (hand.reserved) {
        hand.action = Action.CREATE;
      } else {
        state.total--;
        hand.done();
        state.wake();
      }
      state.wakeForGrowth();
    }
  }

  void memberClosed(Hand<T> hand, Member<T> member) {
    synchronized (state.lock) {
      state.total--;
      state.closing--;
      state.counters.closed(member.broken);
      Member<T> previous = member.previous;
      if (previous == null) {
        state.firstOfAll = member.next;
      } else {
        previous.next = member.next;
      }
      if (member.next != null) {
        member.next.previous = previous;
      }
      hand.done();
      state.wake();
    }
  }

  /** Records that a caretaker has no more work and ends. */
  void left(Hand<T> hand) {
    synchronized (state.lock) {
      state.working--;
      hand.action = Action.END;
      state.lock.notifyAll();
    }
  }
}
