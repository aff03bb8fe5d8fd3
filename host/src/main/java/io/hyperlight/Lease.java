package io.hyperlight;

import io.hyperlight.error.ClosedException;
import io.hyperlight.internal.pool.Loan;
import io.hyperlight.internal.pool.RecyclingPool;
import io.hyperlight.value.Limits;

/**
 * The right of one holder to use a sandbox of a {@link SandboxPool}, or a program of a {@link
 * ProgramPool}, until the lease is closed. The sandbox is clean at first. A lease may be passed
 * from thread to thread.
 *
 * <p>A lease that is never closed keeps its sandbox from the pool for ever.
 *
 * @param <T> the type of the sandbox or program
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
   * Returns the sandbox. It keeps its state from call to call. It may be used in every way,
   * including {@link Sandbox#restore} and {@link Sandbox#close}. The pool replaces a closed one.
   *
   * @return the same sandbox each time; it is closed once the lease is closed
   */
  public T get() {
    return item;
  }

  /**
   * Returns the sandbox to the pool. For the holder, the sandbox and its function handles are
   * closed at once. Every later call fails with {@link ClosedException}, and none can reach the
   * next holder's sandbox. The pool cleans the sandbox on a thread of its own.
   *
   * <p>A call that is still running in another thread goes on, host functions included. The sandbox
   * returns to the pool when that call has ended. {@link Limits#callTimeout} bounds this, and
   * {@link Sandbox#interrupt}, used before the lease is closed, ends the call. A second close does
   * nothing. Any thread may close a lease, also a host function of its sandbox. This method waits
   * for nothing but a short lock.
   *
   * <p>If a JVM error such as a full stack ends this method, it may be called again. A full heap
   * does not prevent it from returning the sandbox.
   */
  @Override
  public void close() {
    pool.release(loan);
  }

  @Override
  public String toString() {
    return "Lease[" + item + "]";
  }
}
