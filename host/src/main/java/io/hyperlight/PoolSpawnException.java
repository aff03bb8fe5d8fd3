package io.hyperlight;

/**
 * A pool has no sandbox and failed to create one. The cause is what {@link Snapshot#spawn} threw.
 *
 * <p>The pool can be used as before: the next one who needs a sandbox makes it try again.
 */
public final class PoolSpawnException extends PoolException {
  private static final long serialVersionUID = 1L;

  PoolSpawnException(String message, Throwable cause) {
    super(message, cause);
  }
}
