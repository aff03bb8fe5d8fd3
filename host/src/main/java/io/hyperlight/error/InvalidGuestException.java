package io.hyperlight.error;

import org.jspecify.annotations.Nullable;

/**
 * A guest cannot be loaded, or cannot be loaded with these settings. No sandbox was created. The
 * message says what is wrong and what to do.
 */
public final class InvalidGuestException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  /** What was wrong. */
  public enum Kind {
    /**
     * A file is not a guest: it is not an ELF program for x86-64, is of a kind that cannot be
     * loaded, is damaged, or has another ABI version.
     */
    FORMAT,
    /** Loading the guest needs more memory than the sandbox has. */
    MEMORY,
    /**
     * The sandbox's host functions do not match the guest's imports: one is missing, two have the
     * same name, or the types differ.
     */
    HOST_FUNCTIONS
  }

  /** What was wrong. */
  private final Kind kind;

  /**
   * Creates the exception. For use by the library.
   *
   * @param kind what was wrong
   * @param message the same in words
   * @param cause why; null if there is no cause
   */
  public InvalidGuestException(Kind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  /** {@return what was wrong} */
  public Kind kind() {
    return kind;
  }
}
