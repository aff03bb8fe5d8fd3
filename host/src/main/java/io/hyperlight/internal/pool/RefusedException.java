package io.hyperlight.internal.pool;

import org.jspecify.annotations.Nullable;

/**
 * A pool did not lend an item. The exception has no stack trace, since the user of the pool
 * translates it into another one.
 */
public final class RefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  /** The reasons for not lending an item. */
  public enum Reason {
    /** The pool is closed, or was closed while the thread waited. */
    CLOSED,
    /** All items were in use all the time. The cause, if any, kept the pool from making more. */
    TIMED_OUT,
    /** The pool has no item, and other pools have all of the budget. */
    NO_BUDGET,
    /** No item could be made. The cause says why. */
    NOT_CREATED,
    /** The thread was interrupted. Its interrupt status is set. */
    INTERRUPTED
  }

  private final Reason reason;

  RefusedException(Reason reason, @Nullable Throwable cause) {
    super(reason.name(), cause, false, false);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
