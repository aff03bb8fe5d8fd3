package io.hyperlight;

import io.hyperlight.error.HyperlightException;
import io.hyperlight.error.InvalidCallException;
import io.hyperlight.error.PoolException;
import io.hyperlight.internal.os.Deadline;
import io.hyperlight.internal.os.ForeignThrowable;
import io.hyperlight.internal.pool.Loan;
import io.hyperlight.internal.pool.PoolBudget;
import io.hyperlight.internal.pool.PoolFigures;
import io.hyperlight.internal.pool.PoolLimits;
import io.hyperlight.internal.pool.ProcessBudget;
import io.hyperlight.internal.pool.RecyclingPool;
import io.hyperlight.internal.pool.RefusedException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Sandboxes of one {@link Snapshot}, each handed out clean, to one holder at a time.
 *
 * {@snippet file="io/hyperlight/snippets/SandboxPoolSnippets.java" region="overview"}
 *
 * <p><b>What happens where.</b> Sandboxes are created, cleaned and closed on threads of the pool's
 * own, so acquiring one that is ready, and giving one back, takes well under the time of a call. A
 * thread gets the sandbox that it had last, if that is ready: older kernels charge for a virtual
 * processor that changes threads. Those who find none ready wait, and are served in the order in
 * which they came. A virtual thread that waits leaves its carrier to others.
 *
 * <p><b>How many.</b> The pool has as many sandboxes as are used at the same time and {@link
 * Builder#idle} more, up to its {@link Builder#size}; those that nobody needed for {@link
 * Builder#idleTimeout} are closed. All pools of the process together have at most 1,000 sandboxes,
 * and guest memory up to half of what the machine and the process's control groups have. The system
 * properties {@code hyperlight.pool.maxSandboxes} and {@code hyperlight.pool.maxMemory}, in bytes,
 * set other limits; they are read when the first pool is built. The memory that counts is the size
 * that guests could use, not what they have touched. A pool that needs a sandbox and has none comes
 * first, and pools with two and more give up one for it.
 *
 * <p><b>When things go wrong.</b> However a call ends, the sandbox is cleaned and handed out again;
 * one that cannot be cleaned is replaced. Whoever had it before, and whatever it did, cannot be
 * told from it. If a sandbox cannot be created, one of those who wait for it gets a {@link
 * PoolException}, unless the pool has others to wait for; then it tries again after 100 ms, and
 * after longer and longer pauses of up to 10 s.
 *
 * <p>An error of the JVM in the middle, such as a full stack or heap, is thrown as it is. The pool
 * has its sandbox back a moment later, and can be used and closed as before.
 *
 * <p><b>Threads.</b> All methods may be called from any thread at any time. The sandboxes call the
 * snapshot's host functions, several at a time: these must be safe for that.
 */
public final class SandboxPool implements AutoCloseable {
  private final RecyclingPool<Sandbox> pool;
  private final PoolBudget budget;
  private final long maxWaitNanos;
  private final int size;

  private SandboxPool(Builder builder, PoolBudget budget) {
    this.budget = budget;
    maxWaitNanos = builder.maxWaitNanos;
    size = builder.size;
    pool =
        new RecyclingPool<>(
            new PoolLimits(
                builder.size,
                builder.idle,
                builder.idleNanos,
                builder.maxUses,
                builder.maxAgeNanos),
            new SandboxKeeper(builder.snapshot),
            budget,
            builder.snapshot.memorySize(),
            Math.min(builder.size, Math.max(2, Runtime.getRuntime().availableProcessors() / 2)),
            System::nanoTime);
  }

  /**
   * Starts the description of a pool.
   *
   * @param snapshot what its sandboxes begin with. It stays the caller's, and must stay open until
   *     the pool is closed: without it no sandbox can be cleaned or made any more
   * @return a builder with the defaults
   */
  public static Builder of(Snapshot snapshot) {
    return new Builder(snapshot);
  }

  /**
   * Calls a function in a clean sandbox, which nobody uses for anything else.
   *
   * <p>Waits for a sandbox as {@link #acquire()} does, and then does what {@link Sandbox#call}
   * does.
   *
   * @param <T> the result's type, boxed
   * @param name the function's name
   * @param resultType the Java type of the declared result
   * @param arguments of the declared types; a smaller integer type is widened
   * @return the result; null for void
   * @throws PoolException if there was no sandbox for the call, so that it did not happen
   * @throws InvalidCallException and the other exceptions of {@link Sandbox#call}; the sandbox is
   *     cleaned after all of them
   */
  public <T> T call(String name, Class<T> resultType, @Nullable Object... arguments) {
    Loan<Sandbox> loan = new Loan<>();
    try {
      return borrow(loan, maxWaitNanos).call(name, resultType, arguments);
    } finally {
      loan.over = true; // without a call: there may be no room for one
      pool.giveBack(loan);
    }
  }

  /**
   * Gives a request to a program that {@linkplain Program#startServing serves}, in a clean sandbox,
   * which nobody uses for anything else.
   *
   * <p>Waits for a sandbox as {@link #acquire()} does, and then does what {@link Sandbox#serve}
   * does.
   *
   * @param request the bytes; they are copied
   * @return the answer
   * @throws PoolException if there was no sandbox for the request, so that it did not happen
   * @throws NotServingException and the other exceptions of {@link Sandbox#serve}; the sandbox is
   *     cleaned after all of them
   */
  public byte[] serve(byte[] request) {
    Loan<Sandbox> loan = new Loan<>();
    try {
      return borrow(loan, maxWaitNanos).serve(request);
    } finally {
      loan.over = true;
      pool.giveBack(loan);
    }
  }

  /**
   * The same pool, for calls and requests that may take a certain time in all: with the waiting for
   * a sandbox, for one to be made or cleaned, and with the call itself. It is instead of {@link
   * Builder#maxWait} and {@link Limits#callTimeout}.
   *
   * @param timeout how long each call may take from its beginning to its end
   * @return a view of this pool
   * @throws IllegalArgumentException if the time is not positive
   */
  public TimedPool within(Duration timeout) {
    return new TimedPool(this, timeout);
  }

  /** As {@link #call(String, Class, Object...)}, with so much time for everything. */
  <T> T call(long nanos, String name, Class<T> resultType, @Nullable Object... arguments) {
    Loan<Sandbox> loan = new Loan<>();
    try {
      Deadline deadline = Deadline.in(nanos);
      Sandbox sandbox = borrow(loan, nanos, deadline);
      return sandbox.call(timeLeft(deadline), name, resultType, arguments);
    } finally {
      loan.over = true;
      pool.giveBack(loan);
    }
  }

  /** As {@link #serve(byte[])}, with so much time for everything. */
  byte[] serve(long nanos, byte[] request) {
    Loan<Sandbox> loan = new Loan<>();
    try {
      Deadline deadline = Deadline.in(nanos);
      Sandbox sandbox = borrow(loan, nanos, deadline);
      return sandbox.serve(timeLeft(deadline), request);
    } finally {
      loan.over = true;
      pool.giveBack(loan);
    }
  }

  /** For a call, for which 0 is another limit: one that is late ends as soon as it has begun. */
  private static long timeLeft(Deadline deadline) {
    return Math.max(1, deadline.remainingNanos());
  }

  /**
   * Takes a clean sandbox. Waits if none is ready, for {@link Builder#maxWait} at most.
   *
   * @return the sandbox's lease, which has to be closed
   * @throws PoolException if no sandbox became free in time
   * @throws PoolException if other pools have all that the process may have
   * @throws PoolException if a sandbox had to be created, and that failed
   * @throws PoolException if the thread is interrupted and has to wait; its interrupt status stays
   *     set. A sandbox that is ready is handed out to an interrupted thread as well
   * @throws PoolException if the pool is closed, or is closed meanwhile
   */
  public Lease acquire() {
    return acquire(maxWaitNanos);
  }

  /**
   * Takes a clean sandbox. Waits if none is ready, but not longer than given.
   *
   * @param maxWait how long; zero takes one that is ready or none
   * @return the sandbox's lease, which has to be closed
   * @throws IllegalArgumentException if the time is negative
   * @throws PoolException as {@link #acquire()}
   */
  public Lease acquire(Duration maxWait) {
    return acquire(nanos("maximum wait", maxWait));
  }

  private Lease acquire(long nanos) {
    Loan<Sandbox> loan = new Loan<>();
    try {
      Sandbox _ = borrow(loan, nanos);
      return new Lease(pool, loan);
    } catch (Throwable t) {
      loan.over = true;
      throw t;
    }
  }

  private Sandbox borrow(Loan<Sandbox> loan, long nanos) {
    try {
      pool.acquire(loan, nanos);
    } catch (RefusedException e) {
      throw exceptionFor(e, nanos);
    }
    return loan.item();
  }

  private Sandbox borrow(Loan<Sandbox> loan, long nanos, Deadline deadline) {
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
        PoolFigures figures = pool.figures();
        yield new PoolException(
            PoolException.Kind.TIMED_OUT,
            "no sandbox within %d ms: of %d, at most %d, %d are in use, and %d other threads wait%s"
                .formatted(
                    TimeUnit.NANOSECONDS.toMillis(nanos),
                    figures.total(),
                    size,
                    figures.lent(),
                    figures.waiting(),
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

  /** {@return the numbers of this moment} */
  public PoolStatistics statistics() {
    PoolFigures figures = pool.figures();
    return new PoolStatistics(
        figures.total(),
        figures.ready(),
        figures.lent(),
        figures.waiting(),
        figures.acquired(),
        figures.waited(),
        figures.refused(),
        figures.created(),
        figures.failures(),
        figures.cleaned(),
        figures.retired(),
        figures.broken(),
        Duration.ofNanos(figures.waitNanos()),
        Duration.ofNanos(figures.longestWaitNanos()),
        Duration.ofNanos(figures.createNanos()),
        Duration.ofNanos(figures.cleanNanos()));
  }

  /**
   * Closes the pool: everyone who waits or comes gets a {@link PoolException}, and all sandboxes
   * that are not lent are closed when the method returns, with the pool's threads if none is. The
   * snapshot is not used any more then.
   *
   * <p>Sandboxes that are lent can be used until their leases are closed, and are closed then by
   * the pool. A second call does nothing but wait as the first. An interrupt does not end the
   * waiting, which is for milliseconds. May be called by a log handler that hears of a failure of
   * the pool.
   */
  @Override
  public void close() {
    pool.close();
  }

  @Override
  public String toString() {
    PoolFigures figures = pool.figures();
    return "SandboxPool[%d of %d sandboxes, %d lent]"
        .formatted(figures.total(), size, figures.lent());
  }

  private static long nanos(String what, Duration duration) {
    if (duration.isNegative()) {
      throw new IllegalArgumentException(what + " " + duration + ": must not be negative");
    }
    return TimeUnit.NANOSECONDS.convert(duration); // as long as can be, if it is longer
  }

  /** Describes a pool. For one thread. */
  public static final class Builder {
    /** The default of {@link #idleTimeout}. */
    public static final Duration DEFAULT_IDLE_TIMEOUT = Duration.ofMinutes(1);

    /** The default of {@link #maxWait}. */
    public static final Duration DEFAULT_MAX_WAIT = Duration.ofSeconds(10);

    private final Snapshot snapshot;
    private @Nullable PoolBudget budget;
    private int size = Runtime.getRuntime().availableProcessors();
    private int idle = 1;
    private long idleNanos = DEFAULT_IDLE_TIMEOUT.toNanos();
    private long maxWaitNanos = DEFAULT_MAX_WAIT.toNanos();
    private long maxUses = Long.MAX_VALUE;
    private long maxAgeNanos = Long.MAX_VALUE;

    private Builder(Snapshot snapshot) {
      this.snapshot = Objects.requireNonNull(snapshot, "snapshot");
    }

    /**
     * How many sandboxes the pool has at most; as many as processors by default.
     *
     * @param sandboxes 1 or more
     * @return this builder
     * @throws IllegalArgumentException if it is less
     */
    public Builder size(int sandboxes) {
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
    public Builder idle(int sandboxes) {
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
    public Builder idleTimeout(Duration timeout) {
      idleNanos = nanos("idle timeout", timeout);
      return this;
    }

    /**
     * How long {@link #acquire()} and {@link #call} wait for a sandbox; {@link #DEFAULT_MAX_WAIT}
     * by default.
     *
     * @param maxWait not negative; zero does not wait
     * @return this builder
     * @throws IllegalArgumentException if it is negative
     */
    public Builder maxWait(Duration maxWait) {
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
    public Builder maxUses(long uses) {
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
    public Builder maxAge(Duration age) {
      maxAgeNanos = requireAtLeast("maximum age in nanoseconds", nanos("maximum age", age), 1);
      return this;
    }

    /** Counts the sandboxes in a budget other than the process's. */
    Builder budget(PoolBudget other) {
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
     * Starts the pool and its threads. Does not wait for its first sandboxes, which are being
     * created when this returns.
     *
     * @return the pool, which has to be closed
     * @throws IllegalArgumentException if more sandboxes have to be idle than the size allows, or
     *     if one of the two system properties is no positive number
     * @throws PoolException if a single sandbox has more memory than all pools together may have
     */
    public SandboxPool build() {
      if (idle > size) {
        throw new IllegalArgumentException(
            "idle %d: must be at most the size, which is %d".formatted(idle, size));
      }
      PoolBudget shared = budget == null ? ProcessBudget.get() : budget;
      if (!shared.canHold(snapshot.memorySize())) {
        throw new PoolException(
            PoolException.Kind.OVER_BUDGET,
            "a sandbox has %d bytes of memory, and all pools together may have %d: set the system property %s"
                .formatted(
                    snapshot.memorySize(), shared.maximumBytes(), ProcessBudget.BYTES_PROPERTY),
            null);
      }
      return new SandboxPool(this, shared);
    }
  }
}
