package io.hyperlight.cli;

/** Something is wrong with what the user typed; the message says what. */
final class UserException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UserException(String message) {
    super(message);
  }
}
