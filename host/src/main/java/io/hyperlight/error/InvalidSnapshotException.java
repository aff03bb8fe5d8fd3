package io.hyperlight.error;

import org.jspecify.annotations.Nullable;

/**
 * A snapshot does not fit. It may be of another guest than the sandbox. Or a file is not a
 * snapshot, is damaged, or has another format or guest ABI version. Or its guest was started on a
 * processor with features that this machine's guests do not have. The message says what does not
 * fit and what to do. If a sandbox was to be restored, it is unchanged.
 */
public final class InvalidSnapshotException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception. For use by the library.
   *
   * @param message what is wrong
   * @param cause why; null if there is no cause
   */
  public InvalidSnapshotException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
