package io.hyperlight.internal.pool;

import io.hyperlight.internal.os.LibraryThreads;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A thread of a pool, which creates, cleans and closes members. It asks the pool what to do, does
 * it without the pool's lock, and reports the result, until no work can follow.
 *
 * <p>The fields record the current step. An error in a step, such as a full heap, leaves them as
 * they are. The step is then repeated, if necessary on another thread. Each step either completes
 * or fails without a change.
 */
final class Caretaker<T> implements Runnable {
  /**
   * How often closing is tried while the heap is full. This takes some seconds in all, since a heap
   * may stay full for a while.
   */
  private static final int MAX_CLOSINGS = 1000;

  private static final long PAUSE_NANOS = 5_000_000;

  private final PoolState<T> state;
  private final Chores<T> chores;
  private final Keeper<T> keeper;
  private final PoolBudget.Share share;
  private final String name;
  private volatile @Nullable Thread thread;

  private final Hand<T> hand = new Hand<>();
  private int closings;

  /** The member for the next item, allocated before the item. */
  private @Nullable Member<T> fresh;

  Caretaker(PoolState<T> state, Chores<T> chores, Keeper<T> keeper, String name) {
    this.state = state;
    this.chores = chores;
    this.keeper = keeper;
    share = state.share;
    this.name = name;
  }

  /**
   * Starts the thread, unless it runs. If an error ended the previous one, a new thread replaces
   * it.
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

  /**
   * Takes one step on the calling thread if the caretaker's own thread has ended by an error and
   * cannot be replaced.
   */
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

  /** Answers whether there may be work but no thread to do it. */
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
   * Takes the next step.
   *
   * @param waits whether to wait for work
   * @return whether the step is done; if not, the caller repeats it
   */
  boolean step(boolean waits) {
    try {
      doStep(waits);
      return true;
    } catch (RuntimeException | Error e) {
      return false; // most likely out of memory
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

  // Everything that a keeper throws is caught: without its caretakers, a pool would leave its
  // users waiting for members that never come.

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
      // Report first: once the member is given up, another caretaker may create a new one.
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
      if (t instanceof VirtualMachineError && ++closings < MAX_CLOSINGS) {
        throw t; // try again: parts that are closed already stay closed
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
      // The keeper's report failed, and there is no other place to report to.
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
