package io.hyperlight.internal.pool;

import io.hyperlight.internal.os.LibraryThreads;
import io.hyperlight.internal.pool.PoolBudget.Need;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A thread of a pool, which creates, cleans and closes its members. Asks the pool what to do, does
 * it without the pool's lock, and tells the pool how it went, until there is nothing left to do.
 *
 * <p>What it does is noted in its fields, step by step. An error in any step, such as a full heap,
 * leaves them as they are, and the step is made again, if need be on another thread. Each step does
 * its part wholly or fails before that.
 */
final class Caretaker<T> implements Runnable {
  /** How often closing is tried where the heap is full, which lasts; some seconds in all. */
  private static final int MOST_CLOSINGS = 1000;

  private static final long PAUSE_NANOS = 5_000_000;

  private final RecyclingPool<T> pool;
  private final Keeper<T> keeper;
  private final PoolBudget.Share share;
  private final String name;
  private volatile @Nullable Thread thread;

  // What it has in hand.

  volatile Action action = Action.NONE;
  @Nullable Member<T> member;
  Need need = Need.NONE;
  boolean reserved;
  long nanos;
  @Nullable Throwable failure;
  private int closings;

  /** For the next item, made before that. */
  private @Nullable Member<T> fresh;

  Caretaker(RecyclingPool<T> pool, Keeper<T> keeper, PoolBudget.Share share, String name) {
    this.pool = pool;
    this.keeper = keeper;
    this.share = share;
    this.name = name;
  }

  /**
   * Starts the thread, also in place of one that an error has ended.
   *
   * @throws OutOfMemoryError if the process may have no more threads
   */
  synchronized void startIfDead() {
    if (isDead()) {
      Thread made = LibraryThreads.create(name, this);
      thread = made;
      made.start();
    }
  }

  /** Does something in place of a thread that an error has ended, and that cannot be replaced. */
  synchronized void helpIfDead() {
    try {
      startIfDead();
    } catch (RuntimeException | Error e) {
      boolean _ = step(false);
    }
  }

  /** Nothing is in hand any more. */
  void done() {
    member = null;
    failure = null;
    action = Action.NONE;
  }

  boolean isThread(Thread other) {
    return thread == other;
  }

  /** Whether it has something to do, and nobody who does it. */
  boolean isDead() {
    Thread known = thread;
    return action != Action.END && (known == null || !known.isAlive());
  }

  @Override
  public void run() {
    while (action != Action.END) {
      pool.steps.at("caretaker run", action);
      if (!step(true)) {
        LockSupport.parkNanos(this, PAUSE_NANOS);
      }
    }
  }

  /**
   * Does the next thing.
   *
   * @param waits whether to wait for something to do
   * @return whether it is done; if not, it is to be done again
   */
  boolean step(boolean waits) {
    try {
      doStep(waits);
      return true;
    } catch (RuntimeException | Error e) {
      return false; // no memory, most likely
    }
  }

  private void doStep(boolean waits) {
    pool.steps.at("caretaker", action);
    switch (action) {
      case NONE -> pool.chooseFor(this, waits);
      case RECLAIM -> reclaim(held());
      case DECIDE -> pool.decide(this, held());
      case CLEAN -> clean(held());
      case HAND_OUT -> pool.handOut(this, held());
      case CLOSE -> close(held());
      case RELEASE_CLOSED -> {
        share.release();
        action = Action.CLOSED;
      }
      case CLOSED -> pool.memberClosed(this, held());
      case GROW -> {
        reserved = share.reserve(need);
        action = Action.GROWN;
      }
      case GROWN -> pool.growthDecided(this);
      case CREATE -> create();
      case RELEASE_FAILED -> {
        share.release();
        action = Action.FAILED;
      }
      case FAILED -> pool.creationFailed(this);
      case RELEASE -> {
        share.release();
        action = Action.NONE;
      }
      case WITHDRAW -> {
        share.withdraw();
        action = Action.NONE;
      }
      case LEAVE -> {
        share.leave();
        pool.left(this);
      }
      case END -> {}
    }
  }

  private Member<T> held() {
    Member<T> held = member;
    if (held == null) {
      throw new IllegalStateException("nothing in hand");
    }
    return held;
  }

  // What a keeper throws is caught whatever it is: a pool without its caretakers would let its
  // users wait for nothing.

  private void reclaim(Member<T> from) {
    T item;
    try {
      item = keeper.reclaim(from.item());
    } catch (Throwable t) {
      from.broken = true;
      action = Action.DECIDE;
      return;
    }
    if (item == null) {
      pool.stillUsed(this, from);
      return;
    }
    from.replace(item);
    action = Action.DECIDE;
  }

  private void clean(Member<T> dirty) {
    long start = System.nanoTime();
    try {
      keeper.clean(dirty.item());
    } catch (Throwable t) {
      // Told before it is given up: from then on another caretaker may make a new one.
      report("clean", dirty, t);
      dirty.broken = true;
      action = Action.DECIDE;
      return;
    }
    nanos = System.nanoTime() - start;
    action = Action.HAND_OUT;
  }

  private void close(Member<T> last) {
    try {
      keeper.close(last.item());
    } catch (RuntimeException | Error t) {
      if (t instanceof VirtualMachineError && ++closings < MOST_CLOSINGS) {
        throw t; // once more: what is closed already stays so
      }
      report("close", last, t);
    }
    closings = 0;
    action = Action.RELEASE_CLOSED;
  }

  private void report(String what, Member<T> about, Throwable why) {
    try {
      keeper.failed(what, about.item(), why);
    } catch (RuntimeException | Error e) {
      // There is nobody left to tell.
    }
  }

  private void create() {
    Member<T> made = fresh;
    if (made == null) {
      made = new Member<>();
      fresh = made;
    }
    long start = System.nanoTime();
    try {
      made.replace(keeper.create());
    } catch (Throwable t) {
      failure = t;
      action = Action.RELEASE_FAILED;
      return;
    }
    fresh = null;
    member = made;
    nanos = System.nanoTime() - start;
    action = Action.HAND_OUT;
  }
}
