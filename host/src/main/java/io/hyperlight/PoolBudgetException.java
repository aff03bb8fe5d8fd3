package io.hyperlight;

/**
 * A pool has no sandbox, and may not create one, because all pools of the process together have as
 * many as are allowed, or as much memory. See {@link SandboxPool} on the limits, and on how to set
 * them.
 *
 * <p>The pool can be used as before; it gets a sandbox when another pool gives one up.
 */
public final class PoolBudgetException extends PoolException {
  private static final long serialVersionUID = 1L;

  PoolBudgetException(String message) {
    super(message, null);
  }
}
