package io.hyperlight;

import io.hyperlight.error.PoolException;
import io.hyperlight.internal.pool.Keeper;
import io.hyperlight.internal.pool.PoolBudget;
import io.hyperlight.internal.pool.PoolLimits;
import io.hyperlight.internal.pool.ProcessBudget;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Builds a pool: see {@link SandboxPool#builder} and {@link ProgramPool#builder}. A builder is for
 * one thread and may build any number of pools.
 *
 * @param <P> the type of the pool
 */
public final class PoolBuilder<P> {
  /** The default of {@link #idleTimeout}. */
  public static final Duration DEFAULT_IDLE_TIMEOUT = Duration.ofMinutes(1);

  /** The default of {@link #maxWait}. */
  public static final Duration DEFAULT_MAX_WAIT = Duration.ofSeconds(10);

  private final Snapshot snapshot;
  private final Function<PoolBuilder<P>, P> constructor;
  private @Nullable PoolBudget budget;
  private int size = Runtime.getRuntime().availableProcessors();
  private int idle = 1;
  private long idleNanos = DEFAULT_IDLE_TIMEOUT.toNanos();
  private long maxWaitNanos = DEFAULT_MAX_WAIT.toNanos();
  private long maxUses = Long.MAX_VALUE;
  private long maxAgeNanos = Long.MAX_VALUE;

  PoolBuilder(Snapshot snapshot, Function<PoolBuilder<P>, P> constructor) {
    this.snapshot = snapshot;
    this.constructor = constructor;
  }

  /** Makes the part that all kinds of pools share. */
  <T> PoolCore<T> core(Keeper<T> keeper) {
    return new PoolCore<>(
        new PoolLimits(size, idle, idleNanos, maxUses, maxAgeNanos),
        keeper,
        shared(),
        snapshot.memorySize(),
        maxWaitNanos);
  }

  private PoolBudget shared() {
    return budget == null ? ProcessBudget.get() : budget;
  }

  /**
   * Sets the largest number of sandboxes that the pool has. The default is the number of
   * processors.
   *
   * @param sandboxes 1 or more
   * @return this builder
   * @throws IllegalArgumentException if the number is less than 1
   */
  public PoolBuilder<P> size(int sandboxes) {
    size = (int) requireAtLeast("size", sandboxes, 1);
    return this;
  }

  /**
   * Sets how many clean sandboxes the pool tries to keep ready besides those in use. The default is
   * 1. With 0, sandboxes are created only on demand, and the thread that needs one waits for it.
   *
   * @param sandboxes 0 or more, and at most the size
   * @return this builder
   * @throws IllegalArgumentException if the number is negative
   */
  public PoolBuilder<P> idle(int sandboxes) {
    idle = (int) requireAtLeast("idle", sandboxes, 0);
    return this;
  }

  /**
   * Sets how long a sandbox in excess of {@link #idle} may stay unused before the pool closes it.
   * The default is {@link #DEFAULT_IDLE_TIMEOUT}.
   *
   * @param timeout not negative
   * @return this builder
   * @throws IllegalArgumentException if the time is negative
   */
  public PoolBuilder<P> idleTimeout(Duration timeout) {
    idleNanos = nanos("idle timeout", timeout);
    return this;
  }

  /**
   * Sets how long {@link SandboxPool#acquire()} and {@link SandboxPool#call} wait for a sandbox.
   * The default is {@link #DEFAULT_MAX_WAIT}.
   *
   * @param maxWait not negative; zero never waits
   * @return this builder
   * @throws IllegalArgumentException if the time is negative
   */
  public PoolBuilder<P> maxWait(Duration maxWait) {
    maxWaitNanos = nanos("maximum wait", maxWait);
    return this;
  }

  /**
   * Sets how often a sandbox is lent before the pool closes it and makes another one. By default
   * there is no such limit.
   *
   * @param uses 1 or more
   * @return this builder
   * @throws IllegalArgumentException if the number is less than 1
   */
  public PoolBuilder<P> maxUses(long uses) {
    maxUses = requireAtLeast("maximum uses", uses, 1);
    return this;
  }

  /**
   * Sets how old a sandbox may become before the pool closes it and makes another one. By default
   * there is no such limit. A sandbox in use is closed when it is returned.
   *
   * @param age more than zero
   * @return this builder
   * @throws IllegalArgumentException if the time is not positive
   */
  public PoolBuilder<P> maxAge(Duration age) {
    maxAgeNanos = requireAtLeast("maximum age in nanoseconds", nanos("maximum age", age), 1);
    return this;
  }

  /** Counts the sandboxes in another budget than that of the process. */
  PoolBuilder<P> budget(PoolBudget other) {
    budget = other;
    return this;
  }

  private static long requireAtLeast(String what, long value, long least) {
    if (value < least) {
      throw new IllegalArgumentException(
          "%s %d: must be at least %d".formatted(what, value, least));
    }
    return value;
  }

  /**
   * Starts the pool and its threads. This does not wait for the first sandboxes, which the pool is
   * still creating when it returns.
   *
   * @return the pool, which has to be closed
   * @throws IllegalArgumentException if the number of idle sandboxes is larger than the size, or if
   *     one of the two system properties is not a positive number
   * @throws PoolException if a single sandbox has more memory than all pools together may have
   */
  public P build() {
    if (idle > size) {
      throw new IllegalArgumentException(
          "idle %d: must be at most the size, which is %d".formatted(idle, size));
    }
    PoolBudget shared = shared();
    if (!shared.canHold(snapshot.memorySize())) {
      throw new PoolException(
          PoolException.Kind.OVER_BUDGET,
          "a sandbox has %d bytes of memory, and all pools together may have %d: set the system property %s"
              .formatted(
                  snapshot.memorySize(), shared.maximumBytes(), ProcessBudget.BYTES_PROPERTY),
          null);
    }
    return constructor.apply(this);
  }

  static long nanos(String what, Duration duration) {
    if (duration.isNegative()) {
      throw new IllegalArgumentException(what + " " + duration + ": must not be negative");
    }
    return TimeUnit.NANOSECONDS.convert(duration); // saturates if the time is longer
  }
}
