package io.hyperlight;

import org.jspecify.annotations.Nullable;

/**
 * A file is not a guest: not an ELF program for x86-64, of a kind that cannot be loaded, damaged,
 * or of another ABI version. The message says what it is and what to do.
 */
public final class InvalidGuestException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  InvalidGuestException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
