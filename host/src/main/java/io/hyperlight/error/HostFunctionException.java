package io.hyperlight.error;

import io.hyperlight.internal.os.ForeignThrowable;

/**
 * A host function threw an exception, which is the cause, and the guest gave up because of it.
 *
 * <p>The sandbox is unusable afterwards, because guest code was left in the middle. A guest that
 * deals with the failure itself ends its call like any other.
 */
public final class HostFunctionException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  /** As the guest declares it. */
  private final String function;

  /**
   * Made by the library.
   *
   * @param function as the guest declares it
   * @param cause what it threw
   */
  public HostFunctionException(String function, Throwable cause) {
    super("host function " + function + " failed: " + ForeignThrowable.describe(cause), cause);
    this.function = function;
  }

  /** {@return the host function as the guest declares it} */
  public String function() {
    return function;
  }
}
