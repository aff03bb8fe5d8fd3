package io.hyperlight;

import org.jspecify.annotations.Nullable;

/**
 * No sandbox of the pool became free in time. The message says how many there are and how many
 * threads wait. The cause, if there is one, is why the pool could not create more.
 *
 * <p>The pool can be used as before.
 */
public final class PoolTimeoutException extends PoolException {
  private static final long serialVersionUID = 1L;

  PoolTimeoutException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
