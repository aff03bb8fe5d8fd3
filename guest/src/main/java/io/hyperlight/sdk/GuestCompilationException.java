package io.hyperlight.sdk;

/**
 * Thrown if a guest cannot be compiled. The message has the compiler's output, or says why the
 * compiler could not be run.
 */
public final class GuestCompilationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  GuestCompilationException(String message) {
    super(message);
  }
}
