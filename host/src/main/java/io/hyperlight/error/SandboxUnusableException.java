package io.hyperlight.error;

import org.jspecify.annotations.Nullable;

/**
 * An earlier call left guest code in the middle, by a fault, an abort or a failed host function, so
 * that nothing can be said about the guest's memory any more. The cause is the exception of that
 * call.
 *
 * <p>Restore the sandbox, or close it and build a new one.
 */
public final class SandboxUnusableException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  /**
   * Made by the library.
   *
   * @param message what is wrong
   * @param cause why; null if there is no cause
   */
  public SandboxUnusableException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
