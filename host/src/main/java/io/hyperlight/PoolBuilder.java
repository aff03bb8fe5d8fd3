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
 * Describes a pool: {@link SandboxPool#builder} or {@link ProgramPool#builder}. For one thread; may
 * build any number of pools.
 *
 * @param <P> the pool
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

  /** Makes what lies below a pool. */
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
   * How many sandboxes the pool has at most; as many as processors by default.
   *
   * @param sandboxes 1 or more
   * @return this builder
   * @throws IllegalArgumentException if it is less
   */
  public PoolBuilder<P> size(int sandboxes) {
    size = (int) requireAtLeast("size", sandboxes, 1);
    return this;
  }

  /**
   * How many clean sandboxes the pool tries to keep ready beside those in use; 1 by default. With
   * 0, sandboxes are created when they are needed only, and whoever needs one waits for it.
   *
   * @param sandboxes 0 or more, and not more than the size
   * @return this builder
   * @throws IllegalArgumentException if it is negative
   */
  public PoolBuilder<P> idle(int sandboxes) {
    idle = (int) requireAtLeast("idle", sandboxes, 0);
    return this;
  }

  /**
   * How long a sandbox in excess of {@link #idle} may stay unused before it is closed; {@link
   * #DEFAULT_IDLE_TIMEOUT} by default.
   *
   * @param timeout not negative
   * @return this builder
   * @throws IllegalArgumentException if it is negative
   */
  public PoolBuilder<P> idleTimeout(Duration timeout) {
    idleNanos = nanos("idle timeout", timeout);
    return this;
  }

  /**
   * How long {@link SandboxPool#acquire()} and {@link SandboxPool#call} wait for a sandbox; {@link
   * #DEFAULT_MAX_WAIT} by default.
   *
   * @param maxWait not negative; zero does not wait
   * @return this builder
   * @throws IllegalArgumentException if it is negative
   */
  public PoolBuilder<P> maxWait(Duration maxWait) {
    maxWaitNanos = nanos("maximum wait", maxWait);
    return this;
  }

  /**
   * How often a sandbox is handed out before it is closed and another one takes its place; any
   * number of times by default.
   *
   * @param uses 1 or more
   * @return this builder
   * @throws IllegalArgumentException if it is less
   */
  public PoolBuilder<P> maxUses(long uses) {
    maxUses = requireAtLeast("maximum uses", uses, 1);
    return this;
  }

  /**
   * How old a sandbox becomes before it is closed and another one takes its place; any age by
   * default. One that is in use is closed when it comes back.
   *
   * @param age more than zero
   * @return this builder
   * @throws IllegalArgumentException if it is not
   */
  public PoolBuilder<P> maxAge(Duration age) {
    maxAgeNanos = requireAtLeast("maximum age in nanoseconds", nanos("maximum age", age), 1);
    return this;
  }

  /** Counts the sandboxes in a budget other than the process's. */
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
   * Starts the pool and its threads. Does not wait for its first sandboxes, which are being created
   * when this returns.
   *
   * @return the pool, which has to be closed
   * @throws IllegalArgumentException if more sandboxes have to be idle than the size allows, or if
   *     one of the two system properties is no positive number
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
    return TimeUnit.NANOSECONDS.convert(duration); // as long as can be, if it is longer
  }
}
