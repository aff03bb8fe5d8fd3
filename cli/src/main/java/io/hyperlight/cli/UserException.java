package io.hyperlight.cli;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** Thrown if something is wrong with what the user typed. The message says what. */
final class UserException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The exit status of {@code run}. */
  private final int status;

  UserException(String message) {
    this(message, ExitStatus.RUN_FAILED);
  }

  private UserException(String message, int status) {
    super(message);
    this.status = status;
  }

  /** Makes the exception for a program that does not exist. */
  static UserException notFound(String message) {
    return new UserException(message, ExitStatus.NOT_FOUND);
  }

  /** Makes the exception for a program that exists but cannot be run. */
  static UserException notExecutable(String message) {
    return new UserException(message, ExitStatus.NOT_EXECUTABLE);
  }

  /** Returns why an operation on a file failed, for a message that already names the file. */
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
