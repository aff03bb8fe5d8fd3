package io.hyperlight.internal.vfs.archive;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A file is not an archive, or a guest could not have the files of the archive. The message says
 * why.
 */
public final class InvalidArchiveException extends IOException {
  private static final long serialVersionUID = 1L;

  InvalidArchiveException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
