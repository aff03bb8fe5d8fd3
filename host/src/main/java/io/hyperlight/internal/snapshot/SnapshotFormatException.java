package io.hyperlight.internal.snapshot;

import org.jspecify.annotations.Nullable;

/**
 * A file is not a snapshot this library and machine can load, or a snapshot cannot be said in the
 * format. The message says why.
 */
public final class SnapshotFormatException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  SnapshotFormatException(String message) {
    this(message, null);
  }

  SnapshotFormatException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
