package io.hyperlight.internal.pool;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes the items of a pool under test, and records everything that the pool must not do to them.
 */
final class Things implements Keeper<Things.Thing> {
  /** The state of an item. */
  enum State {
    CLEAN,
    HELD,
    DIRTY,
    CLOSED
  }

  /** An item. Its holder calls {@link #use}; the pool must not have lent it to another holder. */
  final class Thing {
    final int number;
    private final AtomicReference<State> state = new AtomicReference<>(State.CLEAN);

    /** Whether a holder still uses it although it gave it back. */
    volatile boolean busy;

    private Thing(int number) {
      this.number = number;
    }

    void use() {
      change(State.CLEAN, State.HELD);
    }

    State state() {
      return state.get();
    }

    private void change(State from, State to) {
      State was = state.getAndSet(to);
      if (was != from) {
        violations.add("thing %d was %s, not %s".formatted(number, was, from));
      }
    }

    @Override
    public String toString() {
      return "thing " + number;
    }
  }

  final List<String> violations = Collections.synchronizedList(new ArrayList<>());
  final List<String> failures = Collections.synchronizedList(new ArrayList<>());
  final List<String> threads = Collections.synchronizedList(new ArrayList<>());
  final AtomicInteger created = new AtomicInteger();
  final AtomicInteger open = new AtomicInteger();
  final AtomicInteger maxOpen = new AtomicInteger();

  /** Each creation takes one permit, so that tests can delay it. */
  final Semaphore creations = new Semaphore(Integer.MAX_VALUE / 2);

  /** Each cleaning takes one permit. */
  final Semaphore cleanings = new Semaphore(Integer.MAX_VALUE / 2);

  /** A failure of creations, null for none. */
  volatile Supplier<@Nullable RuntimeException> creationFailure = () -> null;

  /** A failure of cleanings, null for none. */
  volatile Supplier<@Nullable RuntimeException> cleaningFailure = () -> null;

  /** A failure of taking an item back, null for none. */
  volatile Supplier<@Nullable RuntimeException> reclaimFailure = () -> null;

  /** Runs whenever an item is made. */
  volatile Runnable onCreate = () -> {};

  /** The pool's clock. */
  final AtomicLong nanos = new AtomicLong();

  RecyclingPool<Thing> pool(PoolLimits limits, PoolBudget budget) {
    return new RecyclingPool<>(limits, this, budget, 1, 2, nanos::get);
  }

  RecyclingPool<Thing> pool(int size, int idle) {
    return pool(limits(size, idle), new PoolBudget(1000, 1000));
  }

  static PoolLimits limits(int size, int idle) {
    return new PoolLimits(size, idle, Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE);
  }

  @Override
  public Thing create() {
    noteThread();
    creations.acquireUninterruptibly();
    throwIfAny(creationFailure);
    onCreate.run();
    maxOpen.accumulateAndGet(open.incrementAndGet(), Math::max);
    return new Thing(created.incrementAndGet());
  }

  @Override
  public void revoke(Thing thing) {
    // The holders in these tests follow the rules.
  }

  @Override
  public @Nullable Thing reclaim(Thing thing) {
    if (thing.busy) {
      return null;
    }
    throwIfAny(reclaimFailure);
    thing.change(State.HELD, State.DIRTY);
    return thing;
  }

  @Override
  public void clean(Thing thing) {
    noteThread();
    cleanings.acquireUninterruptibly();
    throwIfAny(cleaningFailure);
    thing.change(State.DIRTY, State.CLEAN);
  }

  @Override
  public void close(Thing thing) {
    noteThread();
    if (thing.state.getAndSet(State.CLOSED) == State.CLOSED) {
      violations.add(thing + " was closed twice");
    }
    open.decrementAndGet();
  }

  @Override
  public void failed(String what, Thing thing, Throwable failure) {
    failures.add(what + " " + failure.getMessage());
    throw new IllegalStateException("a failure to report a failure");
  }

  private void noteThread() {
    threads.add(Thread.currentThread().getName());
  }

  private static void throwIfAny(Supplier<@Nullable RuntimeException> failure) {
    RuntimeException exception = failure.get();
    if (exception != null) {
      throw exception;
    }
  }
}
