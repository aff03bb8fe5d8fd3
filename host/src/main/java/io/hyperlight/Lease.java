package io.hyperlight;

import io.hyperlight.error.ClosedException;
import io.hyperlight.internal.pool.Loan;
import io.hyperlight.internal.pool.RecyclingPool;
import io.hyperlight.value.Limits;

/**
 * A sandbox of a {@link SandboxPool}, or a program of a {@link ProgramPool}, for one holder, clean
 * at first, until the lease is closed. May be passed from thread to thread.
 *
 * <p>A lease that is never closed keeps its sandbox from the pool for ever.
 *
 * @param <T> what was lent
 */
public final class Lease<T> implements AutoCloseable {
  private final RecyclingPool<T> pool;
  private final Loan<T> loan;
  private final T item;

  Lease(RecyclingPool<T> pool, Loan<T> loan) {
    this.pool = pool;
    this.loan = loan;
    item = loan.item();
  }

  /**
   * The sandbox. Its state is kept from call to call, and it may be used in every way, also {@link
   * Sandbox#restore} and {@link Sandbox#close}; a closed one is replaced by the pool.
   *
   * @return the same sandbox each time; a closed one when the lease is closed
   */
  public T get() {
    return item;
  }

  /**
   * Gives the sandbox back. It and its function handles are closed for the holder at once: every
   * later call fails with {@link ClosedException}, and none can reach the next holder's sandbox.
   * The pool cleans it on a thread of its own.
   *
   * <p>A call that is still running in another thread goes on, host functions included, and the
   * sandbox comes back to the pool when it has ended: {@link Limits#callTimeout} and {@link
   * Sandbox#interrupt}, before the lease is closed, see to that. A second close does nothing. Any
   * thread may close a lease; a host function of its sandbox may, too. Never waits for anything but
   * a short lock.
   *
   * <p>May be called again if an error of the JVM has ended it, such as a full stack. A full heap
   * does not keep it from giving the sandbox back.
   */
  @Override
  public void close() {
    pool.giveBack(loan);
  }

  @Override
  public String toString() {
    return "Lease[" + item + "]";
  }
}
