package io.hyperlight.cli;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

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

  /** Why something could not be done with a file that the message has named already. */
  static String reason(IOException e) {
    return switch (e) {
      case NoSuchFileException _ -> "there is no such file";
      case AccessDeniedException _ -> "permission denied";
      case FileAlreadyExistsException _ -> "there is a file of that name";
      case FileSystemException known when known.getReason() != null -> known.getReason();
      default -> String.valueOf(e.getMessage());
    };
  }

  int status() {
    return status;
  }
}
