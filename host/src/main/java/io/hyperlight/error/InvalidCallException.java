package io.hyperlight.error;

/** A call does not fit what the guest declares. No guest code ran; the sandbox stays usable. */
public final class InvalidCallException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  /** What was wrong. */
  public enum Kind {
    /** The guest exports no function of that name. The message names those with similar names. */
    NO_SUCH_FUNCTION,
    /**
     * An argument is wrong, or the result type: how many there are, of what type, out of range, a
     * string that UTF-8 cannot encode, or too large for the sandbox's memory. The message names the
     * function's declaration.
     */
    INVALID_ARGUMENT
  }

  /** What was wrong. */
  private final Kind kind;

  /**
   * Made by the library.
   *
   * @param kind what was wrong
   * @param message the same in words
   */
  public InvalidCallException(Kind kind, String message) {
    super(message, null);
    this.kind = kind;
  }

  /** {@return what was wrong} */
  public Kind kind() {
    return kind;
  }
}
