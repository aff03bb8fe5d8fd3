package io.hyperlight.bench;

/** The machine or the user has it wrong; the message is for the user, in one line. */
final class BenchmarkException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  BenchmarkException(String message) {
    super(message);
  }
}
