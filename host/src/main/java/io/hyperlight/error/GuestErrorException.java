package io.hyperlight.error;

/**
 * The guest's function returned, and it reported an error, or what it returned is no value of its
 * result type.
 *
 * <p>The sandbox stays usable: as far as the guest is concerned, nothing was interrupted.
 */
public final class GuestErrorException extends GuestException {
  private static final long serialVersionUID = 1L;

  /** What was wrong. */
  public enum Kind {
    /** The guest reported an error, in its own words, which are the message. */
    REPORTED,
    /**
     * The result is no value of its type: an address outside of the guest's memory, a string that
     * is not UTF-8, a number that the Java type cannot hold.
     */
    INVALID_RESULT
  }

  /** What was wrong. */
  private final Kind kind;

  /**
   * Made by the library.
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
