package io.hyperlight;

import org.jspecify.annotations.Nullable;

/**
 * A snapshot does not fit: it is of another guest. The message says what does not fit, and what to
 * do about it. The sandbox, if one was to be restored, is unchanged.
 */
public final class InvalidSnapshotException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  InvalidSnapshotException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
