package io.hyperlight;

import io.hyperlight.error.HyperlightException;
import io.hyperlight.error.PoolException;
import io.hyperlight.internal.os.Deadline;
import io.hyperlight.internal.os.ForeignThrowable;
import io.hyperlight.internal.pool.Keeper;
import io.hyperlight.internal.pool.Loan;
import io.hyperlight.internal.pool.PoolBudget;
import io.hyperlight.internal.pool.PoolLimits;
import io.hyperlight.internal.pool.ProcessBudget;
import io.hyperlight.internal.pool.RecyclingPool;
import io.hyperlight.internal.pool.RefusedException;
import io.hyperlight.value.PoolStatistics;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The part that pools of sandboxes and pools of programs share. */
final class PoolCore<T> {
  final RecyclingPool<T> pool;
  final long maxWaitNanos;
  private final PoolBudget budget;
  private final int size;

  PoolCore(
      PoolLimits limits, Keeper<T> keeper, PoolBudget budget, long memorySize, long maxWaitNanos) {
    this.budget = budget;
    this.maxWaitNanos = maxWaitNanos;
    size = limits.size();
    pool =
        new RecyclingPool<>(
            limits,
            keeper,
            budget,
            memorySize,
            Math.min(size, Math.max(2, Runtime.getRuntime().availableProcessors() / 2)),
            System::nanoTime);
  }

  Lease<T> acquire(long nanos) {
    Loan<T> loan = new Loan<>();
    try {
      T _ = borrow(loan, nanos);
      return new Lease<>(pool, loan);
    } catch (Throwable t) {
      loan.over = true;
      throw t;
    }
  }

  /**
   * Returns the time left for a call. It is at least 1, because 0 means another limit. So a late
   * call ends as soon as it has begun.
   */
  static long timeLeft(Deadline deadline) {
    return Math.max(1, deadline.remainingNanos());
  }

  T borrow(Loan<T> loan, long nanos) {
    try {
      pool.acquire(loan, nanos);
    } catch (RefusedException e) {
      throw exceptionFor(e, nanos);
    }
    return loan.item();
  }

  T borrow(Loan<T> loan, long nanos, Deadline deadline) {
    try {
      pool.acquire(loan, deadline);
    } catch (RefusedException e) {
      throw exceptionFor(e, nanos);
    }
    return loan.item();
  }

  private PoolException exceptionFor(RefusedException refusal, long nanos) {
    Throwable cause = refusal.getCause();
    return switch (refusal.reason()) {
      case CLOSED -> new PoolException(PoolException.Kind.CLOSED, "the pool is closed", null);
      case INTERRUPTED ->
          new PoolException(
              PoolException.Kind.INTERRUPTED, "interrupted while waiting for a sandbox", null);
      case NOT_CREATED ->
          new PoolException(
              PoolException.Kind.CREATION_FAILED,
              "the pool cannot create a sandbox: " + message(cause),
              Objects.requireNonNull(cause));
      case NO_BUDGET ->
          new PoolException(
              PoolException.Kind.OVER_BUDGET,
              "no sandbox within %d ms: all pools together have what they may (%d sandboxes, %d MiB); close some, or set the system properties %s and %s"
                  .formatted(
                      TimeUnit.NANOSECONDS.toMillis(nanos),
                      budget.maximumCount(),
                      budget.maximumBytes() >> 20,
                      ProcessBudget.COUNT_PROPERTY,
                      ProcessBudget.BYTES_PROPERTY),
              null);
      case TIMED_OUT -> {
        PoolStatistics now = pool.statistics();
        yield new PoolException(
            PoolException.Kind.TIMED_OUT,
            "no sandbox within %d ms: of %d, at most %d, %d are in use, and %d other threads wait%s"
                .formatted(
                    TimeUnit.NANOSECONDS.toMillis(nanos),
                    now.sandboxes(),
                    size,
                    now.lent(),
                    now.waiting(),
                    cause == null ? "" : "; creating one failed: " + message(cause)),
            cause);
      }
    };
  }

  private static String message(@Nullable Throwable cause) {
    if (cause == null) {
      return "";
    }
    String message = cause instanceof HyperlightException ? cause.getMessage() : null;
    return message == null ? ForeignThrowable.describe(cause) : message;
  }

  PoolStatistics statistics() {
    return pool.statistics();
  }

  /** For {@code toString}. */
  String describe(String pool) {
    PoolStatistics now = this.pool.statistics();
    return "%s[%d of %d sandboxes, %d lent]".formatted(pool, now.sandboxes(), size, now.lent());
  }
}
