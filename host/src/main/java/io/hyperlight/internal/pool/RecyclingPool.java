package io.hyperlight.internal.pool;

import io.hyperlight.internal.os.Deadline;
import io.hyperlight.internal.os.TimedPark;
import io.hyperlight.internal.pool.RefusedException.Reason;
import io.hyperlight.value.PoolStatistics;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Lends clean items, each to one thread at a time.
 *
 * <p>A member goes round: ready, lent, returned, cleaned, ready. {@link Caretaker}s do the slow
 * work of creating, cleaning and closing; {@link Chores} tells them what to do. So {@link #acquire}
 * and {@link #release} only move references under a lock.
 *
 * <p><b>Fair.</b> Members are ready only while no thread waits. A thread takes a ready member if
 * there is one, and otherwise joins the queue. A member that becomes clean goes straight to the
 * first in the queue.
 *
 * <p><b>Size.</b> The pool wants one member for each holder and each waiter, and some idle ones.
 * Its size and the {@link PoolBudget} limit this number. {@link ReadyMembers} chooses the members
 * to close.
 *
 * <p><b>Errors.</b> Holders may come with a stack that is nearly full, or find the heap full. So
 * they change the pool in blocks that <em>call nothing and allocate nothing</em> between the first
 * change and the last. An error strikes before such a block or after it. The lock is a monitor,
 * which the JVM releases without a call, too. A {@link Loan} exists before a member is taken, and
 * records it. If a holder cannot give a member back, a caretaker takes it back once the loan is
 * {@link Loan#over}. Caretakers have their own stack, and they also allocate nothing while they
 * hold the lock.
 *
 * <p><b>Locks.</b> One lock guards all state. No foreign code runs under it except the clock.
 * Waiting on it does not pin a virtual thread.
 *
 * @param <T> the type of the items
 */
public final class RecyclingPool<T> implements AutoCloseable {
  private static final long MILLISECOND = 1_000_000;

  /** How often a waiting thread checks by itself, in case no other thread could wake it. */
  private static final long LOOK_NANOS = 250 * MILLISECOND;

  /**
   * How often a virtual thread in {@link #close} checks whether the pool is closed. A timed wait
   * would need room in the heap, as {@link TimedPark} says.
   */
  private static final long VIRTUAL_LOOK_NANOS = 5 * MILLISECOND;

  private final Keeper<T> keeper;
  private final List<Caretaker<T>> caretakers = new ArrayList<>();

  private final PoolState<T> state;

  /**
   * Starts a pool. Its caretakers begin to make the idle members at once.
   *
   * @param itemBytes how many bytes of the budget one item takes
   * @param threads the number of caretakers
   * @param clock in nanoseconds, like {@link System#nanoTime}
   */
  public RecyclingPool(
      PoolLimits limits,
      Keeper<T> keeper,
      PoolBudget budget,
      long itemBytes,
      int threads,
      LongSupplier clock) {
    this.keeper = keeper;
    state = new PoolState<>(limits, budget, itemBytes, clock);
    PoolBudget.Share share = state.share;
    try {
      Chores<T> chores = new Chores<>(state);
      for (int i = 1; i <= threads; i++) {
        String name = "hyperlight-pool-" + share.number() + "-" + i;
        caretakers.add(new Caretaker<>(state, chores, keeper, name));
      }
      // These classes must be initialised before an error strikes a holder.
      boolean _ = new RefusedException(Reason.CLOSED, null).reason() == Reason.TIMED_OUT;
      boolean _ = new Waiter<>(new Loan<T>(), Thread.currentThread(), 0).loan.over;
    } catch (Throwable t) {
      share.leave();
      throw t;
    }
    state.working = threads;
    int started = 0;
    try {
      for (Caretaker<T> caretaker : caretakers) {
        caretaker.startIfDead();
        started++;
      }
    } finally {
      if (started < threads) {
        abandon(threads - started);
      }
    }
  }

  /** Closes the pool because some caretakers could not be started. The others end. */
  void abandon(int missing) {
    boolean none;
    synchronized (state.lock) {
      state.closed = true;
      state.working -= missing;
      none = state.working == 0;
      state.lock.notifyAll();
    }
    if (none) {
      state.share.leave();
    }
  }

  /** Makes a caretaker look for work, for example after a change of the clock. */
  void poke() {
    state.poke();
  }

  /** Sets an observer that is told of each step before it is taken. For tests. */
  void observe(Steps observer) {
    state.steps = observer;
  }

  /**
   * Takes a clean member, or waits for one.
   *
   * @param maxWaitNanos how long to wait; zero or less does not wait
   * @return the loan, which the caller gives back
   * @throws RefusedException if no member becomes available in time, or ever
   */
  public Loan<T> acquire(long maxWaitNanos) throws RefusedException {
    Loan<T> loan = new Loan<>();
    acquire(loan, maxWaitNanos);
    return loan;
  }

  /**
   * Takes a clean member for a loan, or waits for one. If this throws anything, the loan has no
   * member.
   *
   * @param loan a new one
   * @param maxWaitNanos how long to wait; zero or less does not wait
   * @throws RefusedException if no member becomes available in time, or ever
   */
  public void acquire(Loan<T> loan, long maxWaitNanos) throws RefusedException {
    acquire(loan, null, maxWaitNanos);
  }

  /**
   * Takes a clean member for a loan, or waits for one until a deadline.
   *
   * @param deadline the call does not wait if it has passed
   * @throws RefusedException if no member becomes available in time, or ever
   */
  public void acquire(Loan<T> loan, Deadline deadline) throws RefusedException {
    acquire(loan, deadline, deadline.remainingNanos());
  }

  private void acquire(Loan<T> loan, @Nullable Deadline deadline, long maxWaitNanos)
      throws RefusedException {
    try {
      begin(loan, maxWaitNanos > 0);
      if (loan.state == Loan.State.WAITING) {
        await(loan, deadline == null ? Deadline.in(maxWaitNanos) : deadline);
      }
      if (loan.state != Loan.State.LENT) {
        throw refusalOf(loan);
      }
    } catch (Throwable t) {
      loan.over = true;
      synchronized (state.lock) {
        // This block calls nothing.
        WaitingLine<T> line = state.line;
        Waiter<T> waiter = loan.waiter;
        if (loan.state == Loan.State.WAITING && waiter != null) {
          Waiter<T> before = waiter.before;
          Waiter<T> after = waiter.after;
          if (before == null) {
            line.first = after;
          } else {
            before.after = after;
          }
          if (after == null) {
            line.last = before;
          } else {
            after.before = before;
          }
          line.size--;
          loan.state = Loan.State.OVER;
        }
      }
      throw t;
    }
  }

  /** Takes a ready member, or joins the queue. */
  private void begin(Loan<T> loan, boolean waits) {
    Thread thread = Thread.currentThread();
    long id = thread.threadId();
    state.steps.at("acquire", "begin");
    synchronized (state.lock) {
      Member<T> member = state.closed ? null : state.ready.find(id);
      Reason late = state.lateReason();
      Throwable failure = state.growth.lastFailure();
      state.steps.at("acquire", "found");
      // The code from the first change to the last calls nothing.
      if (member != null) {
        MemberList<T> list = state.ready.members;
        Member<T> before = member.before;
        Member<T> after = member.after;
        if (before == null) {
          list.first = after;
        } else {
          before.after = after;
        }
        if (after == null) {
          list.last = before;
        } else {
          after.before = before;
        }
        member.before = null;
        member.after = null;
        list.size--;
        member.loan = loan;
        member.lastHolder = id;
        member.uses++;
        loan.member = member;
        loan.item = member.item;
        loan.state = Loan.State.LENT;
        state.lent++;
        state.counters.acquired++;
      } else {
        Waiter<T> waiter = new Waiter<>(loan, thread, id);
        loan.waiter = waiter;
        if (state.closed || !waits) {
          loan.state = Loan.State.REFUSED;
          waiter.refusal = state.closed ? Reason.CLOSED : late;
          waiter.cause = state.closed || late == Reason.NO_BUDGET ? null : failure;
          state.counters.refused++;
        } else {
          WaitingLine<T> line = state.line;
          waiter.before = line.last;
          if (line.last == null) {
            line.first = waiter;
          } else {
            line.last.after = waiter;
          }
          line.last = waiter;
          line.size++;
          loan.state = Loan.State.WAITING;
        }
      }
      state.steps.at("acquire", "changed");
      if (member == null) {
        // All members are lent, as far as the pool knows. A holder whose loan is over may have had
        // no room to wake a caretaker, and all caretakers may wait without a limit, since nothing
        // was lent when they began to wait.
        state.wake();
      } else {
        state.wakeForGrowth();
      }
    }
    state.steps.at("acquire", "begun");
  }

  private void await(Loan<T> loan, Deadline deadline) {
    long start = System.nanoTime();
    long left = deadline.remainingNanos();
    while (loan.state == Loan.State.WAITING
        && left > 0
        && !Thread.currentThread().isInterrupted()) {
      state.steps.at("acquire", "park");
      TimedPark.parkNanos(this, Math.min(left, LOOK_NANOS));
      left = deadline.remainingNanos();
      revive();
    }
    boolean interrupted = Thread.currentThread().isInterrupted();
    state.steps.at("acquire", "waited");
    synchronized (state.lock) {
      Throwable failure = state.growth.lastFailure();
      Reason late = state.lateReason();
      long waited = System.nanoTime() - start;
      WaitingLine<T> line = state.line;
      // The code from here to the last change calls nothing.
      state.counters.waited++;
      state.counters.waitNanos += waited;
      if (waited > state.counters.longestWaitNanos) {
        state.counters.longestWaitNanos = waited;
      }
      Waiter<T> waiter = loan.waiter;
      if (loan.state != Loan.State.WAITING || waiter == null) {
        return; // take an answer that came first, or it would be lost
      }
      Waiter<T> before = waiter.before;
      Waiter<T> after = waiter.after;
      if (before == null) {
        line.first = after;
      } else {
        before.after = after;
      }
      if (after == null) {
        line.last = before;
      } else {
        after.before = before;
      }
      line.size--;
      loan.state = Loan.State.REFUSED;
      waiter.refusal = interrupted ? Reason.INTERRUPTED : late;
      waiter.cause = interrupted || late == Reason.NO_BUDGET ? null : failure;
      state.counters.refused++;
      state.wake(); // a claim for this thread may be needless now
    }
  }

  private RefusedException refusalOf(Loan<T> loan) {
    Waiter<T> waiter = loan.waiter;
    Reason reason = waiter == null ? null : waiter.refusal;
    return new RefusedException(
        reason == null ? Reason.TIMED_OUT : reason, waiter == null ? null : waiter.cause);
  }

  /**
   * Gives a member back. If another thread is still using it, it comes back to the pool when that
   * use ends. The call may be repeated, also after it has thrown.
   */
  public void release(Loan<T> loan) {
    loan.over = true;
    try {
      releaseNow(loan);
    } catch (StackOverflowError | OutOfMemoryError e) {
      // A caretaker finds the loan, which is over.
    }
  }

  private void releaseNow(Loan<T> loan) {
    state.steps.at("release", "begin");
    if (loan.state != Loan.State.LENT) {
      return;
    }
    try {
      keeper.revoke(loan.item());
    } catch (RuntimeException | Error e) {
      // A caretaker revokes it.
    }
    state.steps.at("release", "revoked");
    synchronized (state.lock) {
      // This block calls nothing.
      Member<T> member = loan.member;
      if (loan.state == Loan.State.LENT && member != null) {
        loan.state = Loan.State.OVER;
        member.loan = null;
        state.lent--;
        Member<T> last = state.returned.last;
        member.before = last;
        member.after = null;
        if (last == null) {
          state.returned.first = member;
        } else {
          last.after = member;
        }
        state.returned.last = member;
        state.returned.size++;
      }
    }
    state.steps.at("release", "returned");
    state.poke();
  }

  /** Returns the current statistics. */
  public PoolStatistics statistics() {
    synchronized (state.lock) {
      return state.counters.statistics(
          state.total, state.ready.size(), state.lent, state.line.size);
    }
  }

  /**
   * Closes the pool: refuses all waiting and later requests, and closes all members that are not
   * lent. Returns when that is done. Lent members stay usable until they are given back, and are
   * closed then. A second call waits as the first does. A call on a thread of the pool itself does
   * not wait.
   */
  @Override
  public void close() {
    synchronized (state.lock) {
      state.closed = true;
    }
    boolean interrupted = false;
    boolean virtual = Thread.currentThread().isVirtual();
    while (true) {
      synchronized (state.lock) {
        refuseAll();
        state.lock.notifyAll();
        if (isDone() || isCaretaker(Thread.currentThread())) {
          break;
        }
        if (!virtual) {
          try {
            state.lock.wait(TimeUnit.NANOSECONDS.toMillis(LOOK_NANOS));
          } catch (InterruptedException e) {
            interrupted = true;
          }
        }
      }
      if (virtual) {
        interrupted |= Thread.interrupted(); // an interrupted thread would not park
        TimedPark.parkNanos(this, VIRTUAL_LOOK_NANOS);
      }
      revive();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean isDone() {
    return state.lent == 0 ? state.working == 0 : state.total <= state.lent;
  }

  private boolean isCaretaker(Thread thread) {
    for (int i = 0; i < caretakers.size(); i++) { // an iterator would take memory of the heap
      if (caretakers.get(i).isThread(thread)) {
        return true;
      }
    }
    return false;
  }

  private void refuseAll() {
    Waiter<T> waiter;
    while ((waiter = state.line.takeFirst()) != null) {
      state.refuse(waiter, Reason.CLOSED, null);
    }
  }

  /** Continues the work of caretakers whose threads have ended by an error. */
  private void revive() {
    for (int i = 0; i < caretakers.size(); i++) {
      if (caretakers.get(i).isDead()) {
        caretakers.get(i).helpIfDead();
      }
    }
  }
}
