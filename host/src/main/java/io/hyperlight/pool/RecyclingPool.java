package io.hyperlight.pool;

import io.hyperlight.pool.PoolBudget.Need;
import io.hyperlight.pool.RefusedException.Reason;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
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
 * <p><b>Locks.</b> One lock guards all state, and no foreign code runs under it but for the clock.
 * Waiting on it does not pin a virtual thread.
 *
 * @param <T> the type of the items
 */
public final class RecyclingPool<T> implements AutoCloseable {
  private static final long MILLISECOND = 1_000_000;

  private final PoolLimits limits;
  private final Keeper<T> keeper;
  private final LongSupplier clock;
  private final PoolBudget.Share share;

  private final ReentrantLock lock = new ReentrantLock();

  /** There may be a chore. */
  private final Condition work = lock.newCondition();

  /** Something has ended that {@link #close} waits for. */
  private final Condition ended = lock.newCondition();

  private final WaitingLine<T> waiters = new WaitingLine<>(lock);
  private final ReadyMembers<T> ready;

  /** Members to be cleaned or closed. */
  private final ArrayDeque<Member<T>> returned = new ArrayDeque<>();

  /** Members that were still used when they were given back. They count as lent. */
  private List<Member<T>> used = new ArrayList<>();

  private final PoolCounters counters = new PoolCounters();

  /** Members that exist, are being created, or are being closed. */
  private int total;

  private int lent;
  private int closing;
  private int caretakers;

  private final Growth<T> growth;
  private final Backoff reclaiming;
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
    reclaiming = new Backoff(MILLISECOND, 50 * MILLISECOND, clock.getAsLong());
    share = budget.join(itemBytes, listener());
    growth = new Growth<>(share, clock.getAsLong());
    caretakers = threads;
    Caretaker.startAll(threads, this, keeper, share);
  }

  /** Gives up: some caretakers could not be started. The others end. */
  void abandon(int missing) {
    lock.lock();
    try {
      closed = true;
      caretakers -= missing;
      work.signalAll();
    } finally {
      lock.unlock();
    }
    share.leave();
  }

  private PoolBudget.Listener listener() {
    return new PoolBudget.Listener() {
      @Override
      public void granted() {
        if (!takeGrant()) {
          share.release();
        }
      }

      @Override
      public void asked() {
        poke();
      }
    };
  }

  /** Whether somebody is left to use what was granted. */
  private boolean takeGrant() {
    lock.lock();
    try {
      if (caretakers == 0) {
        return false;
      }
      growth.granted();
      work.signal();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Lets a caretaker look whether there is something to do, as after a change of the clock. */
  void poke() {
    lock.lock();
    try {
      work.signal();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes a clean member, or waits for one.
   *
   * @param maxWaitNanos zero or less does not wait
   * @return the member, to be given back once
   * @throws RefusedException if there is none in time, or never
   */
  public Member<T> acquire(long maxWaitNanos) throws RefusedException {
    lock.lock();
    try {
      if (closed) {
        throw refusal(Reason.CLOSED, null);
      }
      Member<T> member = ready.pop(Thread.currentThread());
      if (member == null) {
        member = await(maxWaitNanos);
      } else {
        lend(member);
        wakeForGrowth();
      }
      member.lastHolder = Thread.currentThread().threadId();
      return member;
    } finally {
      lock.unlock();
    }
  }

  private Member<T> await(long maxWaitNanos) throws RefusedException {
    if (maxWaitNanos <= 0) {
      throw timeout();
    }
    long start = System.nanoTime();
    WaitingLine.Waiter<T> waiter = waiters.join();
    wakeForGrowth();
    RefusedException refusal;
    try {
      waiters.await(waiter, maxWaitNanos);
      refusal = waiter.isAnswered() ? waiter.refusal() : timeout();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      // An answer that came first is taken, or it would be lost.
      refusal = waiter.isAnswered() ? waiter.refusal() : refusal(Reason.INTERRUPTED, null);
    }
    counters.waited(System.nanoTime() - start);
    if (refusal != null) {
      work.signal(); // What was claimed for this thread may be needless now.
      throw refusal;
    }
    return Objects.requireNonNull(waiter.member());
  }

  private RefusedException timeout() {
    return share.claim() == Need.STARVING
        ? refusal(Reason.NO_BUDGET, null)
        : refusal(Reason.TIMED_OUT, growth.lastFailure());
  }

  private RefusedException refusal(Reason reason, @Nullable Throwable cause) {
    counters.refused();
    return new RefusedException(reason, cause);
  }

  private void lend(Member<T> member) {
    lent++;
    member.uses++;
    counters.acquired();
  }

  /**
   * Ends the use of a member. If it is still being used by another thread, it comes back to the
   * pool when that use has ended.
   */
  public void giveBack(Member<T> member) {
    if (takeBack(member)) {
      return;
    }
    lock.lock();
    try {
      reclaiming.reset();
      reclaiming.failed(clock.getAsLong());
      used.add(member);
      work.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Takes a member from its holder; false if it is in use. */
  boolean takeBack(Member<T> member) {
    try {
      T item = keeper.reclaim(member.item());
      if (item == null) {
        return false;
      }
      member.replace(item);
    } catch (RuntimeException | Error e) {
      member.broken = true;
    }
    lock.lock();
    try {
      returned.addLast(member);
      lent--;
      work.signal();
    } finally {
      lock.unlock();
    }
    return true;
  }

  /** The numbers of this moment. */
  public PoolFigures figures() {
    lock.lock();
    try {
      return counters.figures(total, ready.size(), lent, waiters.size());
    } finally {
      lock.unlock();
    }
  }

  /**
   * Refuses everyone who waits and whoever comes, and closes all members that are not lent. Returns
   * when that is done. Members that are lent can be used until they are given back, and are closed
   * then. A second call waits as the first does.
   */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      while (!waiters.isEmpty()) {
        waiters.refuseFirst(refusal(Reason.CLOSED, null));
      }
      work.signalAll();
      while (lent == 0 ? caretakers > 0 : total > lent) {
        ended.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  // What to do. For caretakers.

  /** Waits for something to do; null if nothing will ever be left to do. */
  @Nullable Chore<T> awaitChore() {
    lock.lock();
    try {
      while (true) {
        long now = clock.getAsLong();
        Chore<T> chore = chooseChore(now);
        if (chore != null) {
          return chore;
        }
        if (closed && total == 0) {
          caretakers--;
          work.signalAll();
          ended.signalAll();
          return null;
        }
        try {
          long _ = work.awaitNanos(nanosToNextChore(now));
        } catch (InterruptedException e) {
          // Nobody has a reason to interrupt a caretaker, and it has none to end.
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** How long until time alone makes a chore. */
  private long nanosToNextChore(long now) {
    long nanos = Long.MAX_VALUE;
    if (!used.isEmpty()) {
      nanos = Math.min(nanos, reclaiming.nanosLeft(now));
    }
    if (!ready.isEmpty()) {
      nanos = Math.min(nanos, ready.nanosUntilExpiry(now));
    }
    if (growth.mayAsk(need())) {
      nanos = Math.min(nanos, growth.nanosLeft(now));
    }
    return nanos;
  }

  private @Nullable Chore<T> chooseChore(long now) {
    if (!used.isEmpty() && reclaiming.isDue(now)) {
      List<Member<T>> members = used;
      used = new ArrayList<>();
      return new Chore.Reclaim<>(members);
    }
    Member<T> member = returned.pollFirst();
    if (member != null) {
      return mustGo(member, now) ? closing(member) : new Chore.Clean<>(member);
    }
    member = closed || mustYield() ? ready.popLongestReady() : ready.popExpired(now);
    if (member != null) {
      return closing(member);
    }
    return chooseGrowth(now);
  }

  private Chore<T> closing(Member<T> member) {
    closing++;
    return new Chore.Close<>(member);
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

  private @Nullable Chore<T> chooseGrowth(long now) {
    Chore<T> chore = growth.choose(need(), now);
    if (chore instanceof Chore.Create || chore instanceof Chore.Grow) {
      total++;
    }
    return chore;
  }

  /** How much one more member would be of use. One that is being closed is of none. */
  private Need need() {
    long wanted = Math.min(limits.size(), (long) lent + waiters.size() + limits.idle());
    if (closed || total >= limits.size() || total - closing >= wanted) {
      return Need.NONE;
    }
    return total == 0 && !waiters.isEmpty() ? Need.STARVING : Need.MORE;
  }

  private void wakeForGrowth() {
    if (growth.mayAsk(need())) {
      work.signal();
    }
  }

  // How it went. For caretakers.

  void cleaned(Member<T> member, long nanos) {
    lock.lock();
    try {
      counters.cleaned(nanos);
      handOut(member);
    } finally {
      lock.unlock();
    }
  }

  void cleaningFailed(Member<T> member) {
    lock.lock();
    try {
      member.broken = true;
      returned.addFirst(member);
    } finally {
      lock.unlock();
    }
  }

  void created(T item, long nanos) {
    lock.lock();
    try {
      counters.created(nanos);
      growth.succeeded();
      handOut(new Member<>(item, clock.getAsLong()));
    } finally {
      lock.unlock();
    }
  }

  /** Gives a clean member to the first who waits. */
  private void handOut(Member<T> member) {
    if (closed) {
      returned.addLast(member);
    } else if (waiters.isEmpty()) {
      ready.push(member, clock.getAsLong());
    } else {
      lend(member);
      waiters.giveToFirst(member);
    }
  }

  /**
   * If the pool has no member at all, the attempt was made for the first who waits, and fails for
   * it; the next one gets an attempt of its own. Otherwise there is something to wait for, and the
   * pool tries again after a while.
   */
  void creationFailed(Throwable failure) {
    lock.lock();
    try {
      total--;
      counters.creationFailed();
      growth.failed(failure, clock.getAsLong());
      if (total == 0 && !waiters.isEmpty()) {
        waiters.refuseFirst(refusal(Reason.NOT_CREATED, failure));
      }
      ended.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void growthDecided(boolean reserved) {
    lock.lock();
    try {
      growth.asked();
      if (!reserved) {
        total--;
        ended.signalAll();
      }
      wakeForGrowth();
    } finally {
      lock.unlock();
    }
  }

  void memberClosed(Member<T> member) {
    lock.lock();
    try {
      total--;
      closing--;
      counters.closed(member.broken);
      ended.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void stillUsed(List<Member<T>> members) {
    lock.lock();
    try {
      used.addAll(members);
      reclaiming.failed(clock.getAsLong());
    } finally {
      lock.unlock();
    }
  }
}
