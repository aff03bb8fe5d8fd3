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
 * Lends clean sandboxes of one {@link Snapshot}, each to one holder at a time.
 *
 * {@snippet file="io/hyperlight/snippets/SandboxPoolSnippets.java" region="overview"}
 *
 * <p><b>What happens where.</b> The pool creates, cleans and closes sandboxes on threads of its
 * own. So it takes well under the time of a call to acquire a sandbox that is ready, or to give one
 * back. A thread gets the sandbox that it had last, if that is ready, because older kernels charge
 * for a virtual processor that changes threads. If no sandbox is ready, threads wait and are served
 * in the order in which they came. A waiting virtual thread releases its carrier.
 *
 * <p><b>How many.</b> The pool has as many sandboxes as are in use at the same time, plus {@link
 * PoolBuilder#idle} more, up to its {@link PoolBuilder#size}. It closes sandboxes that were not
 * needed for {@link PoolBuilder#idleTimeout}. All pools of the process together have at most 1,000
 * sandboxes. Their guest memory together is at most half of the memory of the machine and of the
 * process's control groups. Each sandbox counts with its memory size, not with what its guest has
 * touched. The system properties {@code hyperlight.pool.maxSandboxes} and {@code
 * hyperlight.pool.maxMemory}, in bytes, set other limits. They are read when the first pool is
 * built. A pool that needs a sandbox and has none takes precedence: pools with two or more
 * sandboxes give one up for it.
 *
 * <p><b>When things go wrong.</b> However a call ends, the pool cleans the sandbox and lends it
 * again. A sandbox that cannot be cleaned is replaced. A holder cannot tell who had the sandbox
 * before or what the guest did then. If a sandbox cannot be created and the pool has no others to
 * wait for, one of the waiting threads gets a {@link PoolException}. If it has others, it tries
 * again after 100 ms, and then after longer and longer pauses of up to 10 s.
 *
 * <p>A JVM error in a method of the pool, such as a full stack or heap, is thrown as it is. The
 * pool has its sandbox back a moment later, and can be used and closed as before.
 *
 * <p><b>Threads.</b> All methods may be called from any thread at any time. Several sandboxes may
 * call the snapshot's host functions at the same time, so these must be safe for that.
 */
public final class SandboxPool implements AutoCloseable {
  private final PoolCore<Sandbox> core;

  private SandboxPool(PoolCore<Sandbox> core) {
    this.core = core;
  }

  /**
   * Returns a builder for a pool.
   *
   * @param snapshot the state that its sandboxes begin with. The caller keeps it and must leave it
   *     open until the pool is closed, because the pool needs it to make and clean sandboxes
   * @return a builder with default settings
   */
  public static PoolBuilder<SandboxPool> builder(Snapshot snapshot) {
    Objects.requireNonNull(snapshot, "snapshot");
    return new PoolBuilder<>(
        snapshot, builder -> new SandboxPool(builder.core(new SandboxKeeper(snapshot))));
  }

  /**
   * Calls a function in a clean sandbox that is used for nothing else.
   *
   * <p>Waits for a sandbox as {@link #acquire()} does, then makes the call as {@link Sandbox#call}
   * does.
   *
   * @param <T> the result's type, boxed
   * @param name the function's name
   * @param resultType the Java type of the declared result
   * @param arguments values of the declared types; smaller integer types are widened
   * @return the result; null for {@code void}
   * @throws PoolException if there was no sandbox for the call; the call did not happen then
   * @throws InvalidCallException and the other exceptions of {@link Sandbox#call}; the sandbox is
   *     cleaned after all of them
   */
  public <T> T call(String name, Class<T> resultType, @Nullable Object... arguments) {
    Loan<Sandbox> loan = new Loan<>();
    try {
      return core.borrow(loan, core.maxWaitNanos).call(name, resultType, arguments);
    } finally {
      loan.over = true; // a field, not a method call: there may be no room on the stack for one
      core.pool.release(loan);
    }
  }

  /**
   * Returns a view of this pool whose calls have one time limit for everything: waiting for a
   * sandbox, making or cleaning it, and the call itself. This limit replaces {@link
   * PoolBuilder#maxWait} and {@link Limits#callTimeout}.
   *
   * @param timeout how long each call may take from its beginning to its end
   * @return a view of this pool
   * @throws IllegalArgumentException if the time is not positive
   */
  public Timed within(Duration timeout) {
    return new Timed(this, timeout);
  }

  /**
   * Calls a function as {@link #call(String, Class, Object...)} does, with one time limit for
   * everything.
   */
  <T> T call(long nanos, String name, Class<T> resultType, @Nullable Object... arguments) {
    Loan<Sandbox> loan = new Loan<>();
    try {
      Deadline deadline = Deadline.in(nanos);
      Sandbox sandbox = core.borrow(loan, nanos, deadline);
      return sandbox.call(PoolCore.timeLeft(deadline), name, resultType, arguments);
    } finally {
      loan.over = true;
      core.pool.release(loan);
    }
  }

  /**
   * Takes a clean sandbox. If none is ready, waits for at most {@link PoolBuilder#maxWait}.
   *
   * @return the sandbox's lease, which has to be closed
   * @throws PoolException if there is no sandbox. Its kind is the reason. {@link
   *     PoolException.Kind#TIMED_OUT}: none became free in time. {@link
   *     PoolException.Kind#OVER_BUDGET}: other pools use everything that the process may have.
   *     {@link PoolException.Kind#CREATION_FAILED}: a sandbox had to be created, and that failed.
   *     {@link PoolException.Kind#INTERRUPTED}: the thread is interrupted and would have to wait;
   *     it still gets a sandbox that is ready. {@link PoolException.Kind#CLOSED}: the pool is
   *     closed, or closes while the thread waits
   */
  public Lease<Sandbox> acquire() {
    return core.acquire(core.maxWaitNanos);
  }

  /**
   * Takes a clean sandbox. If none is ready, waits for at most the given time.
   *
   * @param maxWait the longest wait; zero never waits
   * @return the sandbox's lease, which has to be closed
   * @throws IllegalArgumentException if the time is negative
   * @throws PoolException as {@link #acquire()}
   */
  public Lease<Sandbox> acquire(Duration maxWait) {
    return core.acquire(PoolBuilder.nanos("maximum wait", maxWait));
  }

  /** {@return the current numbers of this pool} */
  public PoolStatistics statistics() {
    return core.statistics();
  }

  /**
   * Closes the pool. Threads that wait for a sandbox, or ask for one later, get a {@link
   * PoolException}. When this method returns, all sandboxes that are not lent are closed. If none
   * is lent, the pool's threads have ended, too, and the pool no longer uses the snapshot.
   *
   * <p>Lent sandboxes can be used until their leases are closed. The pool closes them then. A
   * second call only waits as the first one does. The wait takes milliseconds, and an interrupt
   * does not end it. A log handler may call this method when it is told of a failure of the pool.
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
   * A view of a {@link SandboxPool} whose calls have one time limit from beginning to end. The
   * limit covers waiting for a sandbox, making or cleaning one, and the call itself. The pool does
   * not change. Any number of threads may use views with different limits at the same time.
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
     * Calls a function in a clean sandbox, as {@link SandboxPool#call} does.
     *
     * @param <T> the result's type, boxed
     * @param name the function's name
     * @param resultType the Java type of the declared result
     * @param arguments values of the declared types; smaller integer types are widened
     * @return the result; null for {@code void}
     * @throws GuestTimeoutException if the time runs out during the call; the message says how much
     *     of it was left for the call
     * @throws PoolException if the time runs out before there is a sandbox; and the other
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
