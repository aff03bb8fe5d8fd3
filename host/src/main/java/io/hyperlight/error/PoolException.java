package io.hyperlight.error;

import org.jspecify.annotations.Nullable;

/**
 * A {@linkplain io.hyperlight.SandboxPool pool} did not lend a sandbox. No guest code has run.
 *
 * <p>The pool stays usable unless it is closed.
 */
public final class PoolException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  /** Why there was no sandbox. */
  public enum Kind {
    /**
     * No sandbox became free in time. The message says how many there are and how many threads
     * wait. If there is a cause, it says why the pool could not create more.
     */
    TIMED_OUT,
    /**
     * The pool has no sandbox and may not create one, because all pools of the process together
     * have reached the limit for sandboxes or memory. The pool gets a sandbox when another pool
     * gives one up.
     */
    OVER_BUDGET,
    /**
     * The pool has no sandbox and failed to create one. The cause is the exception of {@link
     * io.hyperlight.Snapshot#spawn}. The pool tries again when a thread next needs a sandbox.
     */
    CREATION_FAILED,
    /** The thread was interrupted while it waited. Its interrupt status is set. */
    INTERRUPTED,
    /** The pool was closed before the request or while the thread waited. */
    CLOSED
  }

  /** Why there was no sandbox. */
  private final Kind kind;

  /**
   * Creates the exception. For use by the library.
   *
   * @param kind why there was no sandbox
   * @param message the same in words
   * @param cause why; null if there is no cause
   */
  public PoolException(Kind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  /** {@return why there was no sandbox} */
  public Kind kind() {
    return kind;
  }
}
