package io.hyperlight.error;

/**
 * The guest's program came to its end in the middle of a call, or while it started: {@code exit},
 * or a {@code main} that returned something else than 0.
 *
 * <p>The sandbox is unusable afterwards, because guest code was left in the middle.
 */
public final class GuestExitException extends GuestException {
  private static final long serialVersionUID = 1L;

  /** What it said. */
  private final int status;

  /**
   * Made by the library.
   *
   * @param status the exit status
   * @param message with the guest's last words
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
