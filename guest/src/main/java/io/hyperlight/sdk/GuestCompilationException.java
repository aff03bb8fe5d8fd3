package io.hyperlight.sdk;

/**
 * A guest could not be compiled. The message is what the compiler said, or why it could not be run.
 */
public final class GuestCompilationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  GuestCompilationException(String message) {
    super(message);
  }
}
