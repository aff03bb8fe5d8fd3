package io.hyperlight;

import org.jspecify.annotations.Nullable;

/** A {@link SandboxPool} did not hand out a sandbox. No guest code has run. */
public abstract sealed class PoolException extends HyperlightException
    permits PoolBudgetException,
        PoolClosedException,
        PoolInterruptedException,
        PoolSpawnException,
        PoolTimeoutException {
  private static final long serialVersionUID = 1L;

  PoolException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
