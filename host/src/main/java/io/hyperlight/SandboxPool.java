package io.hyperlight;

import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.error.InvalidCallException;
import io.hyperlight.error.PoolException;
import io.hyperlight.internal.os.Deadline;
import io.hyperlight.internal.os.Durations;
import io.hyperlight.internal.pool.Loan;
import io.hyperlight.value.Limits;
import io.hyperlight.value.PoolStatistics;
import java.time.Duration;
import java.util.Objects;
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
 * PoolBuilder#idle} more, up to its {@link PoolBuilder#size}; those that nobody needed for {@link
 * PoolBuilder#idleTimeout} are closed. All pools of the process together have at most 1,000
 * sandboxes, and guest memory up to half of what the machine and the process's control groups have.
 * The system properties {@code hyperlight.pool.maxSandboxes} and {@code hyperlight.pool.maxMemory},
 * in bytes, set other limits; they are read when the first pool is built. The memory that counts is
 * the size that guests could use, not what they have touched. A pool that needs a sandbox and has
 * none comes first, and pools with two and more give up one for it.
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
  private final PoolCore<Sandbox> core;

  private SandboxPool(PoolCore<Sandbox> core) {
    this.core = core;
  }

  /**
   * Starts the description of a pool.
   *
   * @param snapshot what its sandboxes begin with. It stays the caller's, and must stay open until
   *     the pool is closed: without it no sandbox can be cleaned or made any more
   * @return a builder with the defaults
   */
  public static PoolBuilder<SandboxPool> builder(Snapshot snapshot) {
    Objects.requireNonNull(snapshot, "snapshot");
    return new PoolBuilder<>(
        snapshot, builder -> new SandboxPool(builder.core(new SandboxKeeper(snapshot))));
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
      return core.borrow(loan, core.maxWaitNanos).call(name, resultType, arguments);
    } finally {
      loan.over = true; // without a call: there may be no room for one
      core.pool.giveBack(loan);
    }
  }

  /**
   * The same pool, for calls that may take a certain time in all: with the waiting for a sandbox,
   * for one to be made or cleaned, and with the call itself. It is instead of {@link
   * PoolBuilder#maxWait} and {@link Limits#callTimeout}.
   *
   * @param timeout how long each call may take from its beginning to its end
   * @return a view of this pool
   * @throws IllegalArgumentException if the time is not positive
   */
  public Timed within(Duration timeout) {
    return new Timed(this, timeout);
  }

  /** As {@link #call(String, Class, Object...)}, with so much time for everything. */
  <T> T call(long nanos, String name, Class<T> resultType, @Nullable Object... arguments) {
    Loan<Sandbox> loan = new Loan<>();
    try {
      Deadline deadline = Deadline.in(nanos);
      Sandbox sandbox = core.borrow(loan, nanos, deadline);
      return sandbox.call(PoolCore.timeLeft(deadline), name, resultType, arguments);
    } finally {
      loan.over = true;
      core.pool.giveBack(loan);
    }
  }

  /**
   * Takes a clean sandbox. Waits if none is ready, for {@link PoolBuilder#maxWait} at most.
   *
   * @return the sandbox's lease, which has to be closed
   * @throws PoolException if there is none: with kind {@link PoolException.Kind#TIMED_OUT} if no
   *     sandbox became free in time, {@link PoolException.Kind#OVER_BUDGET} if other pools have all
   *     that the process may have, {@link PoolException.Kind#CREATION_FAILED} if a sandbox had to
   *     be created, and that failed, {@link PoolException.Kind#INTERRUPTED} if the thread is
   *     interrupted and has to wait, and {@link PoolException.Kind#CLOSED} if the pool is closed,
   *     or is closed meanwhile. A sandbox that is ready is handed out to an interrupted thread as
   *     well
   */
  public Lease<Sandbox> acquire() {
    return core.acquire(core.maxWaitNanos);
  }

  /**
   * Takes a clean sandbox. Waits if none is ready, but not longer than given.
   *
   * @param maxWait how long; zero takes one that is ready or none
   * @return the sandbox's lease, which has to be closed
   * @throws IllegalArgumentException if the time is negative
   * @throws PoolException as {@link #acquire()}
   */
  public Lease<Sandbox> acquire(Duration maxWait) {
    return core.acquire(PoolBuilder.nanos("maximum wait", maxWait));
  }

  /** {@return the numbers of this moment} */
  public PoolStatistics statistics() {
    return core.statistics();
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
    core.pool.close();
  }

  @Override
  public String toString() {
    return core.describe("SandboxPool");
  }

  /**
   * A {@link SandboxPool} seen as one whose calls may take a certain time from their beginning to
   * their end, whatever it is spent on: waiting for a sandbox, until one is made or cleaned, or the
   * call itself. The pool is not changed: views with several times can be used at the same time, by
   * any number of threads.
   */
  public static final class Timed {
    private final SandboxPool pool;
    private final Duration timeout;
    private final long timeoutNanos;

    private Timed(SandboxPool pool, Duration timeout) {
      this.pool = pool;
      this.timeout = timeout;
      timeoutNanos = Durations.positiveNanos("timeout", timeout);
    }

    /**
     * As {@link SandboxPool#call}.
     *
     * @param <T> the result's type, boxed
     * @param name the function's name
     * @param resultType the Java type of the declared result
     * @param arguments of the declared types; a smaller integer type is widened
     * @return the result; null for void
     * @throws GuestTimeoutException if it passes in the call; the message says how much of it was
     *     left for that
     * @throws PoolException if the time has passed before there is a sandbox; and the other
     *     exceptions of {@link SandboxPool#call}
     */
    public <T> T call(String name, Class<T> resultType, @Nullable Object... arguments) {
      return pool.call(timeoutNanos, name, resultType, arguments);
    }

    @Override
    public String toString() {
      return "%s within %s".formatted(pool, timeout);
    }
  }
}
