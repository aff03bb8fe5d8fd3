package io.hyperlight;

import org.jspecify.annotations.Nullable;

/**
 * An earlier call left guest code in the middle, by a fault, an abort or a failed host function, so
 * that nothing can be said about the guest's memory any more. The cause is the exception of that
 * call.
 *
 * <p>Close the sandbox and build a new one.
 */
public final class SandboxUnusableException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  SandboxUnusableException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
