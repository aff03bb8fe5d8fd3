package io.hyperlight.error;

import org.jspecify.annotations.Nullable;

/**
 * A guest cannot be loaded, or not like this. No sandbox was created. The message says what is
 * wrong, and what to do.
 */
public final class InvalidGuestException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  /** What was wrong. */
  public enum Kind {
    /**
     * A file is not a guest: not an ELF program for x86-64, of a kind that cannot be loaded,
     * damaged, or of another ABI version.
     */
    FORMAT,
    /** The guest needs more memory to be loaded than its sandbox was given. */
    MEMORY,
    /**
     * The host functions given to the sandbox do not answer what the guest imports: one is missing,
     * there are two of a name, or the types are others.
     */
    HOST_FUNCTIONS
  }

  /** What was wrong. */
  private final Kind kind;

  /**
   * Made by the library.
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
