package io.hyperlight.internal.pool;

import io.hyperlight.internal.os.LibraryThreads;
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

  private final PoolState<T> state;
  private final Chores<T> chores;
  private final Keeper<T> keeper;
  private final PoolBudget.Share share;
  private final String name;
  private volatile @Nullable Thread thread;

  private final Hand<T> hand = new Hand<>();
  private int closings;

  /** For the next item, made before that. */
  private @Nullable Member<T> fresh;

  Caretaker(PoolState<T> state, Chores<T> chores, Keeper<T> keeper, String name) {
    this.state = state;
    this.chores = chores;
    this.keeper = keeper;
    share = state.share;
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

  boolean isThread(Thread other) {
    return thread == other;
  }

  /** Whether it has something to do, and nobody who does it. */
  boolean isDead() {
    Thread known = thread;
    return hand.action != Action.END && (known == null || !known.isAlive());
  }

  @Override
  public void run() {
    while (hand.action != Action.END) {
      state.steps.at("caretaker run", hand.action);
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
    state.steps.at("caretaker", hand.action);
    switch (hand.action) {
      case NONE -> chores.chooseFor(hand, waits);
      case RECLAIM -> reclaim(hand.held());
      case DECIDE -> chores.decide(hand, hand.held());
      case CLEAN -> clean(hand.held());
      case HAND_OUT -> chores.handOut(hand, hand.held());
      case CLOSE -> close(hand.held());
      case RELEASE_CLOSED -> {
        share.release();
        hand.action = Action.CLOSED;
      }
      case CLOSED -> chores.memberClosed(hand, hand.held());
      case GROW -> {
        hand.reserved = share.reserve(hand.need);
        hand.action = Action.GROWN;
      }
      case GROWN -> chores.growthDecided(hand);
      case CREATE -> create();
      case RELEASE_FAILED -> {
        share.release();
        hand.action = Action.FAILED;
      }
      case FAILED -> chores.creationFailed(hand);
      case RELEASE -> {
        share.release();
        hand.action = Action.NONE;
      }
      case WITHDRAW -> {
        share.withdraw();
        hand.action = Action.NONE;
      }
      case LEAVE -> {
        share.leave();
        chores.left(hand);
      }
      case END -> {}
    }
  }

  // What a keeper throws is caught whatever it is: a pool without its caretakers would let its
  // users wait for nothing.

  private void reclaim(Member<T> from) {
    T item;
    try {
      item = keeper.reclaim(from.item());
    } catch (Throwable t) {
      from.broken = true;
      hand.action = Action.DECIDE;
      return;
    }
    if (item == null) {
      chores.stillUsed(hand, from);
      return;
    }
    from.replace(item);
    hand.action = Action.DECIDE;
  }

  private void clean(Member<T> dirty) {
    long start = System.nanoTime();
    try {
      keeper.clean(dirty.item());
    } catch (Throwable t) {
      // Told before it is given up: from then on another caretaker may make a new one.
      report("clean", dirty, t);
      dirty.broken = true;
      hand.action = Action.DECIDE;
      return;
    }
    hand.nanos = System.nanoTime() - start;
    hand.action = Action.HAND_OUT;
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
    hand.action = Action.RELEASE_CLOSED;
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
      hand.failure = t;
      hand.action = Action.RELEASE_FAILED;
      return;
    }
    fresh = null;
    hand.member = made;
    hand.nanos = System.nanoTime() - start;
    hand.action = Action.HAND_OUT;
  }
}
