package io.hyperlight;

import org.jspecify.annotations.Nullable;

/**
 * A guest needs more memory to be loaded than its sandbox was given. The message says how much.
 *
 * <p>No sandbox was created.
 */
public final class SandboxMemoryException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  SandboxMemoryException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
