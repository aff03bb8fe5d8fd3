package io.hyperlight.bench;

/**
 * Thrown if the command line is wrong or this machine lacks something. The message is one line for
 * the user.
 */
final class BenchmarkException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  BenchmarkException(String message) {
    super(message);
  }
}
