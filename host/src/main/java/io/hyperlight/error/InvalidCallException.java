package io.hyperlight.error;

/**
 * A call does not match what the guest declares. No guest code ran, and the sandbox stays usable.
 */
public final class InvalidCallException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  /** What was wrong. */
  public enum Kind {
    /** The guest exports no function of that name. The message lists similar names. */
    NO_SUCH_FUNCTION,
    /**
     * The arguments or the result type are wrong. Their number or types may not match, or a value
     * is out of range, cannot be encoded in UTF-8, or is too large for the sandbox's memory. The
     * message contains the function's declaration.
     */
    INVALID_ARGUMENT
  }

  /** What was wrong. */
  private final Kind kind;

  /**
   * Creates the exception. For use by the library.
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
