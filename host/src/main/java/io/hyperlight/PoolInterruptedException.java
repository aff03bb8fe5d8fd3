package io.hyperlight;

/**
 * The thread was interrupted while it waited for a sandbox. Its interrupt status is set.
 *
 * <p>The pool can be used as before.
 */
public final class PoolInterruptedException extends PoolException {
  private static final long serialVersionUID = 1L;

  PoolInterruptedException(String message) {
    super(message, null);
  }
}
