package io.hyperlight.error;

import org.jspecify.annotations.Nullable;

/**
 * Something cannot be a tree of files for guests. Examples are a directory that does not exist, a
 * device, files that do not fit, and an archive that is damaged, too large or hostile. The message
 * says what it is and what is wrong with it. There is nothing to clean up.
 */
public final class InvalidFileTreeException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception. For use by the library.
   *
   * @param message what is wrong
   * @param cause why; null if there is no cause
   */
  public InvalidFileTreeException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
