package io.hyperlight.internal.os;

/**
 * The call that this work is for must end. {@link Checkpoint} throws this exception. The code that
 * stopped the call knows the reason.
 */
public final class StoppedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Creates the exception without a stack trace, which would be the host's. */
  public StoppedException() {
    super("the call is to end", null, false, false);
  }
}
