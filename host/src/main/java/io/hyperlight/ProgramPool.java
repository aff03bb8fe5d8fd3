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
 * Programs that serve, of one {@link ProgramSnapshot}: each request gets one that is as it was when
 * the snapshot was taken. What {@link SandboxPool} says of its sandboxes and threads, of how many
 * there are and of what goes wrong, holds here, too; both share the limits of the process.
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
   * Starts the description of a pool.
   *
   * @param snapshot what its programs begin with. It stays the caller's, and must stay open until
   *     the pool is closed: without it no program can be cleaned or made any more
   * @return a builder with the defaults
   */
  public static PoolBuilder<ProgramPool> builder(ProgramSnapshot snapshot) {
    Objects.requireNonNull(snapshot, "snapshot");
    return new PoolBuilder<>(
        snapshot.snapshot(), builder -> new ProgramPool(builder.core(new ServerKeeper(snapshot))));
  }

  /**
   * Gives a request to a clean program, which nobody uses for anything else.
   *
   * <p>Waits for a program as {@link #acquire()} does, and then does what {@link
   * ProgramServer#serve} does.
   *
   * @param request the bytes; they are copied
   * @return the answer
   * @throws PoolException if there was no program for the request, so that it did not happen
   * @throws GuestExitException and the other exceptions of {@link ProgramServer#serve}; the program
   *     is cleaned after all of them
   */
  public byte[] serve(byte[] request) {
    Loan<ProgramServer> loan = new Loan<>();
    try {
      return core.borrow(loan, core.maxWaitNanos).serve(request);
    } finally {
      loan.over = true; // without a call: there may be no room for one
      core.pool.giveBack(loan);
    }
  }

  /**
   * The same pool, for requests that may take a certain time in all: with the waiting for a
   * sandbox, for one to be made or cleaned, and with the request itself. It is instead of {@link
   * PoolBuilder#maxWait} and {@link Limits#callTimeout}.
   *
   * @param timeout how long each request may take from its beginning to its end
   * @return a view of this pool
   * @throws IllegalArgumentException if the time is not positive
   */
  public Timed within(Duration timeout) {
    return new Timed(this, timeout);
  }

  /** As {@link #serve(byte[])}, with so much time for everything. */
  byte[] serve(long nanos, byte[] request) {
    Loan<ProgramServer> loan = new Loan<>();
    try {
      Deadline deadline = Deadline.in(nanos);
      ProgramServer server = core.borrow(loan, nanos, deadline);
      return server.serve(PoolCore.timeLeft(deadline), request);
    } finally {
      loan.over = true;
      core.pool.giveBack(loan);
    }
  }

  /**
   * Takes a clean program. Waits if none is ready, for {@link PoolBuilder#maxWait} at most.
   *
   * @return the program's lease, which has to be closed
   * @throws PoolException if there is none: with kind {@link PoolException.Kind#TIMED_OUT} if no
   *     program became free in time, {@link PoolException.Kind#OVER_BUDGET} if other pools have all
   *     that the process may have, {@link PoolException.Kind#CREATION_FAILED} if a program had to
   *     be created, and that failed, {@link PoolException.Kind#INTERRUPTED} if the thread is
   *     interrupted and has to wait, and {@link PoolException.Kind#CLOSED} if the pool is closed,
   *     or is closed meanwhile. A program that is ready is handed out to an interrupted thread as
   *     well
   */
  public Lease<ProgramServer> acquire() {
    return core.acquire(core.maxWaitNanos);
  }

  /**
   * Takes a clean program. Waits if none is ready, but not longer than given.
   *
   * @param maxWait how long; zero takes one that is ready or none
   * @return the program's lease, which has to be closed
   * @throws IllegalArgumentException if the time is negative
   * @throws PoolException as {@link #acquire()}
   */
  public Lease<ProgramServer> acquire(Duration maxWait) {
    return core.acquire(PoolBuilder.nanos("maximum wait", maxWait));
  }

  /** {@return the numbers of this moment} */
  public PoolStatistics statistics() {
    return core.statistics();
  }

  /**
   * Closes the pool: everyone who waits or comes gets a {@link PoolException}, and all programs
   * that are not lent are closed when the method returns, with the pool's threads if none is. The
   * snapshot is not used any more then.
   *
   * <p>Programs that are lent can be used until their leases are closed, and are closed then by the
   * pool. A second call does nothing but wait as the first. An interrupt does not end the waiting,
   * which is for milliseconds. May be called by a log handler that hears of a failure of the pool.
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
   * A {@link ProgramPool} seen as one whose calls may take a certain time from their beginning to
   * their end, whatever it is spent on: waiting for a sandbox, until one is made or cleaned, or the
   * call itself. The pool is not changed: views with several times can be used at the same time, by
   * any number of threads.
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
     * As {@link ProgramPool#serve}.
     *
     * @param request the bytes; they are copied
     * @return the answer
     * @throws GuestTimeoutException if it passes in the call; the message says how much of it was
     *     left for that
     * @throws PoolException if the time has passed before there is a sandbox; and the other
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
