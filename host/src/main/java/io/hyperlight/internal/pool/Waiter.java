package io.hyperlight.internal.pool;

import io.hyperlight.internal.pool.RefusedException.Reason;
import org.jspecify.annotations.Nullable;

/**
 * A thread that waits in a pool's line for a member, or whose request was refused. Guarded by the
 * pool's lock.
 *
 * @param <T> the type of the items
 */
final class Waiter<T> {
  final Loan<T> loan;
  final Thread thread;

  /** The thread's identifier. */
  final long threadId;

  @Nullable Reason refusal;
  @Nullable Throwable cause;

  // The neighbours in the line.

  @Nullable Waiter<T> before;
  @Nullable Waiter<T> after;

  Waiter(Loan<T> loan, Thread thread, long threadId) {
    this.loan = loan;
    this.thread = thread;
    this.threadId = threadId;
  }
}
