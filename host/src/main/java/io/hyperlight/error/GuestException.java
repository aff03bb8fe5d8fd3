package io.hyperlight.error;

import org.jspecify.annotations.Nullable;

/**
 * A call ended because of something that the guest did. The JVM and all other sandboxes are not
 * affected.
 *
 * <p>Each subclass says whether the sandbox stays usable. It does if the guest's function ran to
 * its end. If guest code was left in the middle, the sandbox is unusable until it is restored.
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
