package io.hyperlight.error;

import org.jspecify.annotations.Nullable;

/**
 * A snapshot does not fit. It is of another guest than the sandbox, or a file is no snapshot, is
 * damaged, has another format or guest ABI version, or is of a guest that was started on a
 * processor with more than this machine's guests have. The message says what does not fit, and what
 * to do about it. The sandbox, if one was to be restored, is unchanged.
 */
public final class InvalidSnapshotException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  /**
   * Made by the library.
   *
   * @param message what is wrong
   * @param cause why; null if there is no cause
   */
  public InvalidSnapshotException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
