package io.hyperlight.error;

import org.jspecify.annotations.Nullable;

/**
 * An earlier call left guest code in the middle, for example by a fault, an abort or a failed host
 * function. The state of the guest's memory is therefore unknown. The cause is the exception of
 * that call.
 *
 * <p>Restore the sandbox, or close it and build a new one.
 */
public final class SandboxUnusableException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception. For use by the library.
   *
   * @param message what is wrong
   * @param cause why; null if there is no cause
   */
  public SandboxUnusableException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
