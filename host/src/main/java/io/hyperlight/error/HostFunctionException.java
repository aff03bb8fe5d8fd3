package io.hyperlight.error;

import io.hyperlight.internal.os.ForeignThrowable;

/**
 * A host function threw an exception, and the guest aborted because of that. The exception is the
 * cause.
 *
 * <p>The sandbox is unusable afterwards, because guest code was left in the middle. If the guest
 * handles the failure itself, its call ends like any other.
 */
public final class HostFunctionException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  /** The function's declaration in the guest. */
  private final String function;

  /**
   * Creates the exception. For use by the library.
   *
   * @param function the function's declaration in the guest
   * @param cause what the function threw
   */
  public HostFunctionException(String function, Throwable cause) {
    super("host function " + function + " failed: " + ForeignThrowable.describe(cause), cause);
    this.function = function;
  }

  /** {@return the host function's declaration in the guest} */
  public String function() {
    return function;
  }
}
