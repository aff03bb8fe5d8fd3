package io.hyperlight.internal.snapshot;

import org.jspecify.annotations.Nullable;

/**
 * A file is not a snapshot that this library and machine can load, or the format cannot express a
 * snapshot. The message says why.
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
