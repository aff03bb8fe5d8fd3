package io.hyperlight.error;

/**
 * The guest's program ended in the middle of a call or while it started: it called {@code exit}, or
 * its {@code main} returned a value other than 0.
 *
 * <p>The sandbox is unusable afterwards, because guest code was left in the middle.
 */
public final class GuestExitException extends GuestException {
  private static final long serialVersionUID = 1L;

  /** The exit status. */
  private final int status;

  /**
   * Creates the exception. For use by the library.
   *
   * @param status the exit status
   * @param message the message, with the last lines that the guest printed
   */
  public GuestExitException(int status, String message) {
    super(message, null);
    this.status = status;
  }

  /** {@return the exit status, 0 to 255} */
  public int status() {
    return status;
  }
}
