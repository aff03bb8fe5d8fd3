package io.hyperlight.pool;

import io.hyperlight.os.LibraryThreads;
import java.util.ArrayList;
import java.util.List;

/**
 * A thread of a pool, which creates, cleans and closes its members. Asks the pool what to do, does
 * it without the pool's lock, and tells the pool how it went, until there is nothing left to do.
 */
final class Caretaker<T> implements Runnable {
  private final RecyclingPool<T> pool;
  private final Keeper<T> keeper;
  private final PoolBudget.Share share;

  Caretaker(RecyclingPool<T> pool, Keeper<T> keeper, PoolBudget.Share share) {
    this.pool = pool;
    this.keeper = keeper;
    this.share = share;
  }

  /**
   * Starts the caretakers of a pool.
   *
   * @throws OutOfMemoryError if the process may have no more threads; the pool is abandoned then
   */
  static <T> void startAll(
      int count, RecyclingPool<T> pool, Keeper<T> keeper, PoolBudget.Share share) {
    String name = "hyperlight-pool-" + share.number() + "-";
    int missing = count;
    try {
      while (missing > 0) {
        LibraryThreads.create(name + (count - missing + 1), new Caretaker<>(pool, keeper, share))
            .start();
        missing--;
      }
    } catch (OutOfMemoryError e) {
      pool.abandon(missing);
      throw e;
    }
  }

  @Override
  public void run() {
    boolean more = true;
    while (more) {
      try {
        more = doChore();
      } catch (Error e) {
        // No memory, most likely. At worst a member is lost; the pool goes on with the others.
      }
    }
    share.leave();
  }

  private boolean doChore() {
    Chore<T> chore = pool.awaitChore();
    switch (chore) {
      case null -> {
        return false;
      }
      case Chore.Clean<T>(Member<T> member) -> clean(member);
      case Chore.Close<T>(Member<T> member) -> close(member);
      case Chore.Grow<T>(PoolBudget.Need need) -> grow(need);
      case Chore.Create<T>() -> create();
      case Chore.Reclaim<T>(List<Member<T>> members) -> reclaim(members);
      case Chore.Release<T>() -> share.release();
      case Chore.Withdraw<T>() -> share.withdraw();
    }
    return true;
  }

  // What a keeper throws is caught whatever it is: a pool without its caretakers would let its
  // users wait for nothing.

  private void clean(Member<T> member) {
    long start = System.nanoTime();
    try {
      keeper.clean(member.item());
    } catch (Throwable t) {
      // Told before it is given up: from then on another caretaker may close it and make a new one.
      report("clean", member, t);
      pool.cleaningFailed(member);
      return;
    }
    pool.cleaned(member, System.nanoTime() - start);
  }

  private void close(Member<T> member) {
    try {
      keeper.close(member.item());
    } catch (Throwable t) {
      report("close", member, t);
    }
    share.release();
    pool.memberClosed(member);
  }

  private void report(String what, Member<T> member, Throwable failure) {
    try {
      keeper.failed(what, member.item(), failure);
    } catch (RuntimeException | Error e) {
      // There is nobody left to tell.
    }
  }

  private void grow(PoolBudget.Need need) {
    boolean reserved = share.reserve(need);
    pool.growthDecided(reserved);
    if (reserved) {
      create();
    }
  }

  private void create() {
    long start = System.nanoTime();
    T item;
    try {
      item = keeper.create();
    } catch (Throwable t) {
      share.release();
      pool.creationFailed(t);
      return;
    }
    pool.created(item, System.nanoTime() - start);
  }

  private void reclaim(List<Member<T>> members) {
    List<Member<T>> used = new ArrayList<>();
    for (Member<T> member : members) {
      if (!pool.takeBack(member)) {
        used.add(member);
      }
    }
    pool.stillUsed(used);
  }
}
