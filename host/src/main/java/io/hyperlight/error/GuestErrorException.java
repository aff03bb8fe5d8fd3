package io.hyperlight.error;

/**
 * The guest's function returned, but it reported an error, or the returned value is not valid for
 * the result type.
 *
 * <p>The sandbox stays usable, because the guest's function ran to its end.
 */
public final class GuestErrorException extends GuestException {
  private static final long serialVersionUID = 1L;

  /** What was wrong. */
  public enum Kind {
    /** The guest reported an error. Its own text is the message. */
    REPORTED,
    /**
     * The result is not a value of its type: an address outside the guest's memory, a string that
     * is not UTF-8, or a number that the Java type cannot hold.
     */
    INVALID_RESULT
  }

  /** What was wrong. */
  private final Kind kind;

  /**
   * Creates the exception. For use by the library.
   *
   * @param kind what was wrong
   * @param message what the guest said, or what it returned
   */
  public GuestErrorException(Kind kind, String message) {
    super(message, null);
    this.kind = kind;
  }

  /** {@return what was wrong} */
  public Kind kind() {
    return kind;
  }
}
