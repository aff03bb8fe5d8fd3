package io.hyperlight;

import io.hyperlight.error.GuestExitException;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.error.PoolException;
import io.hyperlight.internal.os.Deadline;
import io.hyperlight.internal.os.Durations;
import io.hyperlight.internal.pool.Loan;
import io.hyperlight.value.Limits;
import io.hyperlight.value.PoolStatistics;
import java.time.Duration;
import java.util.Objects;

/**
 * Lends served programs of one {@link ProgramSnapshot}. Each request gets a program in the state of
 * the snapshot. What {@link SandboxPool} says about its sandboxes, their number, threads and
 * failures is true here as well. Both kinds of pools share the limits of the process.
 *
 * {@snippet file="io/hyperlight/snippets/ProgramSnippets.java" region="serve"}
 *
 * <p><b>Threads.</b> All methods may be called from any thread at any time.
 */
public final class ProgramPool implements AutoCloseable {
  private final PoolCore<ProgramServer> core;

  private ProgramPool(PoolCore<ProgramServer> core) {
    this.core = core;
  }

  /**
   * Returns a builder for a pool.
   *
   * @param snapshot the state that its programs begin with. The caller keeps it and must leave it
   *     open until the pool is closed, because the pool needs it to make and clean programs
   * @return a builder with default settings
   */
  public static PoolBuilder<ProgramPool> builder(ProgramSnapshot snapshot) {
    Objects.requireNonNull(snapshot, "snapshot");
    return new PoolBuilder<>(
        snapshot.snapshot(), builder -> new ProgramPool(builder.core(new ServerKeeper(snapshot))));
  }

  /**
   * Sends a request to a clean program that is used for nothing else.
   *
   * <p>Waits for a program as {@link #acquire()} does, then answers the request as {@link
   * ProgramServer#serve} does.
   *
   * @param request the bytes; they are copied
   * @return the answer
   * @throws PoolException if there was no program for the request; nothing has run then
   * @throws GuestExitException and the other exceptions of {@link ProgramServer#serve}; the program
   *     is cleaned after all of them
   */
  public byte[] serve(byte[] request) {
    Loan<ProgramServer> loan = new Loan<>();
    try {
      return core.borrow(loan, core.maxWaitNanos).serve(request);
    } finally {
      loan.over = true; // a field, not a method call: there may be no room on the stack for one
      core.pool.release(loan);
    }
  }

  /**
   * Returns a view of this pool whose requests have one time limit for everything: waiting for a
   * program, making or cleaning it, and the request itself. This limit replaces {@link
   * PoolBuilder#maxWait} and {@link Limits#callTimeout}.
   *
   * @param timeout how long each request may take from its beginning to its end
   * @return a view of this pool
   * @throws IllegalArgumentException if the time is not positive
   */
  public Timed within(Duration timeout) {
    return new Timed(this, timeout);
  }

  /** Answers a request as {@link #serve(byte[])} does, with one time limit for everything. */
  byte[] serve(long nanos, byte[] request) {
    Loan<ProgramServer> loan = new Loan<>();
    try {
      Deadline deadline = Deadline.in(nanos);
      ProgramServer server = core.borrow(loan, nanos, deadline);
      return server.serve(PoolCore.timeLeft(deadline), request);
    } finally {
      loan.over = true;
      core.pool.release(loan);
    }
  }

  /**
   * Takes a clean program. If none is ready, waits for at most {@link PoolBuilder#maxWait}.
   *
   * @return the program's lease, which has to be closed
   * @throws PoolException if there is no program. Its kind is the reason. {@link
   *     PoolException.Kind#TIMED_OUT}: none became free in time. {@link
   *     PoolException.Kind#OVER_BUDGET}: other pools use everything that the process may have.
   *     {@link PoolException.Kind#CREATION_FAILED}: a program had to be created, and that failed.
   *     {@link PoolException.Kind#INTERRUPTED}: the thread is interrupted and would have to wait;
   *     it still gets a program that is ready. {@link PoolException.Kind#CLOSED}: the pool is
   *     closed, or closes while the thread waits
   */
  public Lease<ProgramServer> acquire() {
    return core.acquire(core.maxWaitNanos);
  }

  /**
   * Takes a clean program. If none is ready, waits for at most the given time.
   *
   * @param maxWait the longest wait; zero never waits
   * @return the program's lease, which has to be closed
   * @throws IllegalArgumentException if the time is negative
   * @throws PoolException as {@link #acquire()}
   */
  public Lease<ProgramServer> acquire(Duration maxWait) {
    return core.acquire(PoolBuilder.nanos("maximum wait", maxWait));
  }

  /** {@return the current numbers of this pool} */
  public PoolStatistics statistics() {
    return core.statistics();
  }

  /**
   * Closes the pool. Threads that wait for a program, or ask for one later, get a {@link
   * PoolException}. When this method returns, all programs that are not lent are closed. If none is
   * lent, the pool's threads have ended, too, and the pool no longer uses the snapshot.
   *
   * <p>Lent programs can be used until their leases are closed. The pool closes them then. A second
   * call only waits as the first one does. The wait takes milliseconds, and an interrupt does not
   * end it. A log handler may call this method when it is told of a failure of the pool.
   */
  @Override
  public void close() {
    core.pool.close();
  }

  @Override
  public String toString() {
    return core.describe("ProgramPool");
  }

  /**
   * A view of a {@link ProgramPool} whose requests have one time limit from beginning to end. The
   * limit covers waiting for a program, making or cleaning one, and the request itself. The pool
   * does not change. Any number of threads may use views with different limits at the same time.
   */
  public static final class Timed {
    private final ProgramPool pool;
    private final Duration timeout;
    private final long timeoutNanos;

    private Timed(ProgramPool pool, Duration timeout) {
      this.pool = pool;
      this.timeout = timeout;
      timeoutNanos = Durations.positiveNanos("timeout", timeout);
    }

    /**
     * Answers a request in a clean program, as {@link ProgramPool#serve} does.
     *
     * @param request the bytes; they are copied
     * @return the answer
     * @throws GuestTimeoutException if the time runs out during the request; the message says how
     *     much of it was left for the request
     * @throws PoolException if the time runs out before there is a program; and the other
     *     exceptions of {@link ProgramPool#serve}
     */
    public byte[] serve(byte[] request) {
      return pool.serve(timeoutNanos, request);
    }

    @Override
    public String toString() {
      return "%s within %s".formatted(pool, timeout);
    }
  }
}
