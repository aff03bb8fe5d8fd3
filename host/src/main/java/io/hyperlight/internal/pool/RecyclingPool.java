package io.hyperlight.internal.pool;

import io.hyperlight.internal.os.Deadline;
import io.hyperlight.internal.os.TimedPark;
import io.hyperlight.internal.pool.PoolBudget.Need;
import io.hyperlight.internal.pool.RefusedException.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Lends items to one thread at a time, each of them clean.
 *
 * <p>A member goes round: ready, lent, returned, cleaned, ready. What takes time (creating,
 * cleaning and closing) is done by {@link Caretaker}s, so that {@link #acquire} and {@link
 * #giveBack} only move references under a lock.
 *
 * <p><b>Fair.</b> Members are ready only while nobody waits: who finds one takes it, and whoever
 * finds none queues up. A member that becomes clean goes straight to the first in the queue.
 *
 * <p><b>Size.</b> The pool wants a member for everyone who has or waits for one, and some idle
 * ones, up to its size and as far as the {@link PoolBudget} allows. {@link ReadyMembers} says which
 * of them go.
 *
 * <p><b>Errors.</b> Holders may come with a stack that is nearly full, or find the heap full. So
 * they change the pool in blocks that <em>call nothing and allocate nothing</em> between the first
 * change and the last: an error strikes before all of it or after it. The lock is a monitor, which
 * is given free without a call, too. Before anything is taken there is a {@link Loan} that it is
 * noted in; what is lent for a loan that is {@link Loan#over} is taken back by a caretaker, if
 * whoever had it could not do so. Caretakers have their own stack, and allocate nothing either
 * while they hold the lock.
 *
 * <p><b>Locks.</b> One lock guards all state, and no foreign code runs under it but for the clock.
 * Waiting on it does not pin a virtual thread.
 *
 * @param <T> the type of the items
 */
public final class RecyclingPool<T> implements AutoCloseable {
  private static final long MILLISECOND = 1_000_000;

  /** How often a member is looked at whose holder may have had no room to give it back. */
  private static final long SWEEP_NANOS = 100 * MILLISECOND;

  /** How often those who wait look themselves, should nobody have been able to wake them. */
  private static final long LOOK_NANOS = 250 * MILLISECOND;

  /**
   * How often a virtual thread looks that closes the pool: a wait for a time would need room in the
   * heap, as {@link TimedPark} says.
   */
  private static final long VIRTUAL_LOOK_NANOS = 5 * MILLISECOND;

  private static final long FIRST_PAUSE_NANOS = MILLISECOND;
  private static final long LONGEST_PAUSE_NANOS = 50 * MILLISECOND;

  private final PoolLimits limits;
  private final Keeper<T> keeper;
  private final LongSupplier clock;
  private final PoolBudget.Share share;
  private final List<Caretaker<T>> caretakers = new ArrayList<>();

  /** For tests. */
  volatile Steps steps = Steps.NONE;

  private final Object lock = new Object();

  /** The line of those who wait. */
  private @Nullable Waiter<T> firstWaiting;

  private @Nullable Waiter<T> lastWaiting;
  private int waiting;

  private final ReadyMembers<T> ready;

  /** Members that were given back. */
  private final MemberList<T> returned = new MemberList<>();

  /** Members that were still used when they were given back. They count as lent. */
  private final MemberList<T> used = new MemberList<>();

  /** The first of all members that are made and not closed. */
  private @Nullable Member<T> firstOfAll;

  private final PoolCounters counters = new PoolCounters();

  /** Members that exist, are being created, or are being closed. */
  private int total;

  private int lent;
  private int closing;
  private int working;

  private final Growth growth;
  private long sweptAt = System.nanoTime();
  private boolean closed;

  /**
   * Starts a pool. Its caretakers begin to make the idle members at once.
   *
   * @param itemBytes what one item takes of the budget
   * @param threads how many caretakers
   * @param clock in nanoseconds, like {@link System#nanoTime}
   */
  public RecyclingPool(
      PoolLimits limits,
      Keeper<T> keeper,
      PoolBudget budget,
      long itemBytes,
      int threads,
      LongSupplier clock) {
    this.limits = limits;
    this.keeper = keeper;
    this.clock = clock;
    ready = new ReadyMembers<>(limits);
    share = budget.join(itemBytes, listener());
    try {
      growth = new Growth(share, clock.getAsLong());
      for (int i = 1; i <= threads; i++) {
        String name = "hyperlight-pool-" + share.number() + "-" + i;
        caretakers.add(new Caretaker<>(this, keeper, share, name));
      }
      // An error that strikes a holder must not be the first thing that needs this.
      boolean _ = new RefusedException(Reason.CLOSED, null).reason() == Reason.TIMED_OUT;
      boolean _ = new Waiter<>(new Loan<T>(), Thread.currentThread(), 0).loan.over;
    } catch (Throwable t) {
      share.leave();
      throw t;
    }
    working = threads;
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

  /** Gives up: some caretakers could not be started. The others end. */
  void abandon(int missing) {
    boolean none;
    synchronized (lock) {
      closed = true;
      working -= missing;
      none = working == 0;
      lock.notifyAll();
    }
    if (none) {
      share.leave();
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

  /** With the lock held. Once it is closed, others wait too. */
  private void wake() {
    if (closed) {
      lock.notifyAll();
    } else {
      lock.notify();
    }
  }

  /**
   * Takes a clean member, or waits for one.
   *
   * @param maxWaitNanos zero or less does not wait
   * @return the loan, to be given back
   * @throws RefusedException if there is none in time, or never
   */
  public Loan<T> acquire(long maxWaitNanos) throws RefusedException {
    Loan<T> loan = new Loan<>();
    acquire(loan, maxWaitNanos);
    return loan;
  }

  /**
   * Takes a clean member for a loan, or waits for one. Whatever happens, nothing is lent for it if
   * this throws.
   *
   * @param loan a new one
   * @param maxWaitNanos how long to wait; zero or less does not wait
   * @throws RefusedException if there is none in time, or never
   */
  public void acquire(Loan<T> loan, long maxWaitNanos) throws RefusedException {
    acquire(loan, null, maxWaitNanos);
  }

  /**
   * The same with a deadline.
   *
   * @param deadline one that has passed does not wait
   * @throws RefusedException if there is none in time, or never
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
      synchronized (lock) {
        // Calls nothing.
        Waiter<T> waiter = loan.waiter;
        if (loan.state == Loan.State.WAITING && waiter != null) {
          Waiter<T> before = waiter.before;
          Waiter<T> after = waiter.after;
          if (before == null) {
            firstWaiting = after;
          } else {
            before.after = after;
          }
          if (after == null) {
            lastWaiting = before;
          } else {
            after.before = before;
          }
          waiting--;
          loan.state = Loan.State.OVER;
        }
      }
      throw t;
    }
  }

  /** Takes what is ready, or queues up. */
  private void begin(Loan<T> loan, boolean waits) {
    Thread thread = Thread.currentThread();
    long id = thread.threadId();
    steps.at("acquire", "begin");
    synchronized (lock) {
      Member<T> member = closed ? null : ready.find(id);
      Reason late = lateReason();
      Throwable failure = growth.lastFailure();
      steps.at("acquire", "found");
      // Calls nothing from the first change to the last.
      if (member != null) {
        MemberList<T> list = ready.members;
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
        lent++;
        counters.acquired++;
      } else {
        Waiter<T> waiter = new Waiter<>(loan, thread, id);
        loan.waiter = waiter;
        if (closed || !waits) {
          loan.state = Loan.State.REFUSED;
          waiter.refusal = closed ? Reason.CLOSED : late;
          waiter.cause = closed || late == Reason.NO_BUDGET ? null : failure;
          counters.refused++;
        } else {
          waiter.before = lastWaiting;
          if (lastWaiting == null) {
            firstWaiting = waiter;
          } else {
            lastWaiting.after = waiter;
          }
          lastWaiting = waiter;
          waiting++;
          loan.state = Loan.State.WAITING;
        }
      }
      steps.at("acquire", "changed");
      wakeForGrowth();
    }
    steps.at("acquire", "begun");
  }

  private void await(Loan<T> loan, Deadline deadline) {
    long start = System.nanoTime();
    long left = deadline.remainingNanos();
    while (loan.state == Loan.State.WAITING
        && left > 0
        && !Thread.currentThread().isInterrupted()) {
      steps.at("acquire", "park");
      TimedPark.parkNanos(this, Math.min(left, LOOK_NANOS));
      left = deadline.remainingNanos();
      revive();
    }
    boolean interrupted = Thread.currentThread().isInterrupted();
    steps.at("acquire", "waited");
    synchronized (lock) {
      Throwable failure = growth.lastFailure();
      Reason late = lateReason();
      long waited = System.nanoTime() - start;
      // Calls nothing from here to the last change.
      counters.waited++;
      counters.waitNanos += waited;
      if (waited > counters.longestWaitNanos) {
        counters.longestWaitNanos = waited;
      }
      Waiter<T> waiter = loan.waiter;
      if (loan.state != Loan.State.WAITING || waiter == null) {
        return; // an answer that came first is taken, or it would be lost
      }
      Waiter<T> before = waiter.before;
      Waiter<T> after = waiter.after;
      if (before == null) {
        firstWaiting = after;
      } else {
        before.after = after;
      }
      if (after == null) {
        lastWaiting = before;
      } else {
        after.before = before;
      }
      waiting--;
      loan.state = Loan.State.REFUSED;
      waiter.refusal = interrupted ? Reason.INTERRUPTED : late;
      waiter.cause = interrupted || late == Reason.NO_BUDGET ? null : failure;
      counters.refused++;
      wake(); // what was claimed for this thread may be needless now
    }
  }

  private Reason lateReason() {
    return share.claim() == Need.STARVING ? Reason.NO_BUDGET : Reason.TIMED_OUT;
  }

  private RefusedException refusalOf(Loan<T> loan) {
    Waiter<T> waiter = loan.waiter;
    Reason reason = waiter == null ? null : waiter.refusal;
    return new RefusedException(
        reason == null ? Reason.TIMED_OUT : reason, waiter == null ? null : waiter.cause);
  }

  /**
   * Ends the use of what was lent. If it is still being used by another thread, it comes back to
   * the pool when that use has ended. May be called again, also where it has thrown.
   */
  public void giveBack(Loan<T> loan) {
    loan.over = true;
    try {
      giveBackNow(loan);
    } catch (StackOverflowError | OutOfMemoryError e) {
      // A caretaker finds it: it is over.
    }
  }

  private void giveBackNow(Loan<T> loan) {
    steps.at("giveBack", "begin");
    if (loan.state != Loan.State.LENT) {
      return;
    }
    try {
      keeper.revoke(loan.item());
    } catch (RuntimeException | Error e) {
      // A caretaker does so.
    }
    steps.at("giveBack", "revoked");
    synchronized (lock) {
      // Calls nothing.
      Member<T> member = loan.member;
      if (loan.state == Loan.State.LENT && member != null) {
        loan.state = Loan.State.OVER;
        member.loan = null;
        lent--;
        Member<T> last = returned.last;
        member.before = last;
        member.after = null;
        if (last == null) {
          returned.first = member;
        } else {
          last.after = member;
        }
        returned.last = member;
        returned.size++;
      }
    }
    steps.at("giveBack", "returned");
    poke();
  }

  /** The numbers of this moment. */
  public PoolFigures figures() {
    synchronized (lock) {
      return counters.figures(total, ready.size(), lent, waiting);
    }
  }

  /**
   * Refuses everyone who waits and whoever comes, and closes all members that are not lent. Returns
   * when that is done. Members that are lent can be used until they are given back, and are closed
   * then. A second call waits as the first does. A thread of the pool itself does not wait.
   */
  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
    }
    boolean interrupted = false;
    boolean virtual = Thread.currentThread().isVirtual();
    while (true) {
      synchronized (lock) {
        refuseAll();
        lock.notifyAll();
        if (isDone() || isCaretaker(Thread.currentThread())) {
          break;
        }
        if (!virtual) {
          try {
            lock.wait(TimeUnit.NANOSECONDS.toMillis(LOOK_NANOS));
          } catch (InterruptedException e) {
            interrupted = true;
          }
        }
      }
      if (virtual) {
        interrupted |= Thread.interrupted(); // set, it would keep the thread from parking
        TimedPark.parkNanos(this, VIRTUAL_LOOK_NANOS);
      }
      revive();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean isDone() {
    return lent == 0 ? working == 0 : total <= lent;
  }

  private boolean isCaretaker(Thread thread) {
    for (int i = 0; i < caretakers.size(); i++) { // an iterator would need room in the heap
      if (caretakers.get(i).isThread(thread)) {
        return true;
      }
    }
    return false;
  }

  private void refuseAll() {
    Waiter<T> waiter;
    while ((waiter = takeFirstWaiting()) != null) {
      refuse(waiter, Reason.CLOSED, null);
    }
  }

  /** Lets caretakers go on whose thread an error has ended. */
  private void revive() {
    for (int i = 0; i < caretakers.size(); i++) {
      if (caretakers.get(i).isDead()) {
        caretakers.get(i).helpIfDead();
      }
    }
  }

  // The line. With the lock held, by those who have a stack.

  /** Takes the first who waits out of the line. */
  private @Nullable Waiter<T> takeFirstWaiting() {
    Waiter<T> waiter = firstWaiting;
    if (waiter != null) {
      firstWaiting = waiter.after;
      if (waiter.after == null) {
        lastWaiting = null;
      } else {
        waiter.after.before = null;
      }
      waiter.after = null;
      waiting--;
    }
    return waiter;
  }

  private void refuse(Waiter<T> waiter, Reason reason, @Nullable Throwable cause) {
    waiter.refusal = reason;
    waiter.cause = cause;
    counters.refused++;
    waiter.loan.state = Loan.State.REFUSED;
    LockSupport.unpark(waiter.thread);
  }

  private void lend(Member<T> member, Waiter<T> waiter) {
    member.loan = waiter.loan;
    member.lastHolder = waiter.threadId;
    member.uses++;
    waiter.loan.lend(member);
    lent++;
    counters.acquired++;
    LockSupport.unpark(waiter.thread);
  }

  // What to do. For caretakers.

  /** Finds something to do. */
  void chooseFor(Caretaker<T> caretaker, boolean waits) {
    synchronized (lock) {
      while (true) {
        long now = clock.getAsLong();
        sweep();
        choose(caretaker, now);
        if (caretaker.action != Action.NONE) {
          return;
        }
        if (closed && total == 0) {
          caretaker.action = Action.LEAVE;
          lock.notifyAll();
          return;
        }
        if (!waits) {
          return;
        }
        awaitWork(nanosToNextChore(now));
      }
    }
  }

  @SuppressWarnings("WaitNotInLoop") // who calls it loops
  private void awaitWork(long nanos) {
    if (nanos <= 0) {
      return;
    }
    try {
      if (nanos == Long.MAX_VALUE) {
        lock.wait();
      } else {
        lock.wait(Math.max(1, TimeUnit.NANOSECONDS.toMillis(nanos)));
      }
    } catch (InterruptedException e) {
      // Nobody has a reason to interrupt a caretaker, and it has none to end.
    }
  }

  /** How long until time alone makes a chore. */
  private long nanosToNextChore(long now) {
    // Somebody may have had no room to wake anybody.
    long nanos = lent > 0 || waiting > 0 ? SWEEP_NANOS : Long.MAX_VALUE;
    for (Member<T> member = used.first; member != null; member = member.after) {
      nanos = Math.min(nanos, member.retryAt - now);
    }
    if (!ready.isEmpty()) {
      nanos = Math.min(nanos, ready.nanosUntilExpiry(now));
    }
    if (growth.mayAsk(need())) {
      nanos = Math.min(nanos, growth.nanosLeft(now));
    }
    return nanos;
  }

  /** Takes back what is lent to those who need it no more, and could not say so. */
  private void sweep() {
    if (lent == 0 || System.nanoTime() - sweptAt < SWEEP_NANOS) {
      return;
    }
    sweptAt = System.nanoTime();
    for (Member<T> member = firstOfAll; member != null; member = member.next) {
      Loan<T> loan = member.loan;
      if (loan != null && loan.over && loan.state == Loan.State.LENT) {
        loan.state = Loan.State.OVER;
        member.loan = null;
        lent--;
        returned.addLast(member);
      }
    }
  }

  private void choose(Caretaker<T> caretaker, long now) {
    Member<T> member = used.first;
    while (member != null && member.retryAt - now > 0) {
      member = member.after;
    }
    if (member != null) {
      used.remove(member);
      caretaker.member = member;
      caretaker.action = Action.RECLAIM;
      return;
    }
    member = returned.pollFirst();
    if (member != null) {
      caretaker.member = member;
      caretaker.action = Action.RECLAIM;
      return;
    }
    member = closed || mustYield() ? ready.popLongestReady() : ready.popExpired(now);
    if (member != null) {
      closing++;
      caretaker.member = member;
      caretaker.action = Action.CLOSE;
      return;
    }
    caretaker.need = need();
    Action action = growth.choose(caretaker.need, now);
    if (action == Action.CREATE || action == Action.GROW) {
      total++;
    }
    caretaker.action = action;
  }

  private boolean mustGo(Member<T> member, long now) {
    return closed
        || member.broken
        || member.uses >= limits.uses()
        || now - member.createdAt >= limits.ageNanos()
        || (total - closing > 1 && share.yields());
  }

  /** Whether a ready member has to go for the sake of a pool that has none. This one keeps one. */
  private boolean mustYield() {
    return !ready.isEmpty() && total - closing > 1 && share.yields();
  }

  /** How much one more member would be of use. One that is being closed is of none. */
  private Need need() {
    long wanted = Math.min(limits.size(), (long) lent + waiting + limits.idle());
    if (closed || total >= limits.size() || total - closing >= wanted) {
      return Need.NONE;
    }
    return total == 0 && waiting > 0 ? Need.STARVING : Need.MORE;
  }

  private void wakeForGrowth() {
    if (growth.mayAsk(need())) {
      lock.notify();
    }
  }

  // How it went. For caretakers.

  /** Cleans or closes what was given back. */
  void decide(Caretaker<T> caretaker, Member<T> member) {
    synchronized (lock) {
      boolean goes = mustGo(member, clock.getAsLong());
      if (member.countedAsLent) {
        member.countedAsLent = false;
        lent--;
      }
      member.pauseNanos = 0;
      if (goes) {
        closing++;
      }
      caretaker.action = goes ? Action.CLOSE : Action.CLEAN;
    }
  }

  /** It is to be asked for again. */
  void stillUsed(Caretaker<T> caretaker, Member<T> member) {
    synchronized (lock) {
      long now = clock.getAsLong();
      long pause = member.pauseNanos;
      member.pauseNanos = pause == 0 ? FIRST_PAUSE_NANOS : Math.min(2 * pause, LONGEST_PAUSE_NANOS);
      member.retryAt = now + member.pauseNanos;
      if (!member.countedAsLent) {
        member.countedAsLent = true;
        lent++;
      }
      used.addLast(member);
      caretaker.done();
      lock.notifyAll();
    }
  }

  /** Gives a clean member to the first who waits. */
  void handOut(Caretaker<T> caretaker, Member<T> member) {
    synchronized (lock) {
      long now = clock.getAsLong();
      if (member.known) {
        counters.cleaned(caretaker.nanos);
      } else {
        member.known = true;
        member.createdAt = now;
        member.next = firstOfAll;
        if (firstOfAll != null) {
          firstOfAll.previous = member;
        }
        firstOfAll = member;
        counters.created(caretaker.nanos);
        growth.succeeded();
      }
      if (closed) {
        caretaker.action = Action.DECIDE;
        return;
      }
      Waiter<T> waiter = takeFirstWaiting();
      caretaker.done();
      if (waiter == null) {
        ready.push(member, now);
      } else {
        lend(member, waiter);
      }
    }
  }

  /**
   * If the pool has no member at all, the attempt was made for the first who waits, and fails for
   * it; the next one gets an attempt of its own. Otherwise there is something to wait for, and the
   * pool tries again after a while.
   */
  void creationFailed(Caretaker<T> caretaker) {
    synchronized (lock) {
      Throwable failure = caretaker.failure;
      growth.failed(failure, clock.getAsLong());
      total--;
      counters.creationFailed();
      caretaker.done();
      Waiter<T> waiter = total == 0 ? takeFirstWaiting() : null;
      if (waiter != null) {
        refuse(waiter, Reason.NOT_CREATED, failure);
      }
      wake();
    }
  }

  void growthDecided(Caretaker<T> caretaker) {
    synchronized (lock) {
      growth.asked();
      if (caretaker.reserved) {
        caretaker.action = Action.CREATE;
      } else {
        total--;
        caretaker.done();
        wake();
      }
      wakeForGrowth();
    }
  }

  void memberClosed(Caretaker<T> caretaker, Member<T> member) {
    synchronized (lock) {
      total--;
      closing--;
      counters.closed(member.broken);
      Member<T> previous = member.previous;
      if (previous == null) {
        firstOfAll = member.next;
      } else {
        previous.next = member.next;
      }
      if (member.next != null) {
        member.next.previous = previous;
      }
      caretaker.done();
      wake();
    }
  }

  /** Nothing will ever be left to do for it. */
  void left(Caretaker<T> caretaker) {
    synchronized (lock) {
      working--;
      caretaker.action = Action.END;
      lock.notifyAll();
    }
  }
}
