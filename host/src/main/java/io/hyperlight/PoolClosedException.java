package io.hyperlight;

/** The pool was closed before, or while the thread waited for a sandbox. */
public final class PoolClosedException extends PoolException {
  private static final long serialVersionUID = 1L;

  PoolClosedException(String message) {
    super(message, null);
  }
}
