package io.hyperlight.internal.os;

/**
 * The call that this was done for is to end; thrown by {@link Checkpoint}. Why, knows who stopped
 * it.
 */
public final class StoppedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Without a stack trace, which would be the host's. */
  public StoppedException() {
    super("the call is to end", null, false, false);
  }
}
