package io.hyperlight;

import org.jspecify.annotations.Nullable;

/**
 * Everything that can go wrong with guests and sandboxes. Unchecked, and sealed: a {@code switch}
 * over it is complete.
 *
 * <p>Each subclass says when it is thrown and whether the sandbox or pool can still be used.
 */
public abstract sealed class HyperlightException extends RuntimeException
    permits GuestAbortException,
        GuestDeadlockException,
        GuestErrorException,
        GuestExitException,
        GuestFaultException,
        GuestLimitException,
        HostFunctionException,
        HypervisorException,
        HypervisorUnavailableException,
        InvalidArgumentException,
        InvalidFileTreeException,
        InvalidGuestException,
        InvalidHostFunctionException,
        InvalidResultException,
        InvalidSnapshotException,
        NoSuchFunctionException,
        NotServingException,
        PoolException,
        SandboxClosedException,
        SandboxInUseException,
        SandboxMemoryException,
        SandboxUnusableException,
        SnapshotClosedException {
  private static final long serialVersionUID = 1L;

  HyperlightException(@Nullable String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
