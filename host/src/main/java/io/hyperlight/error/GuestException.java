package io.hyperlight.error;

import org.jspecify.annotations.Nullable;

/**
 * The guest's own doing ended the call. The JVM and all other sandboxes are not affected.
 *
 * <p>Each subclass says whether the sandbox stays usable. It does where the guest's function came
 * to its end; if guest code was left in the middle, the sandbox is unusable until it is restored.
 */
public abstract sealed class GuestException extends HyperlightException
    permits GuestAbortException,
        GuestDeadlockException,
        GuestErrorException,
        GuestExitException,
        GuestFaultException,
        GuestLimitException,
        GuestTimeoutException {
  private static final long serialVersionUID = 1L;

  GuestException(@Nullable String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
