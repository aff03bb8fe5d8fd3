package io.hyperlight.cli;

/** Something is wrong with what the user typed; the message says what. */
final class UserException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What {@code run} ends with. */
  private final int status;

  UserException(String message) {
    this(message, ExitStatus.RUN_FAILED);
  }

  private UserException(String message, int status) {
    super(message);
    this.status = status;
  }

  /** There is no such program. */
  static UserException notFound(String message) {
    return new UserException(message, ExitStatus.NOT_FOUND);
  }

  /** It is there, but cannot be run. */
  static UserException notExecutable(String message) {
    return new UserException(message, ExitStatus.NOT_EXECUTABLE);
  }

  int status() {
    return status;
  }
}
