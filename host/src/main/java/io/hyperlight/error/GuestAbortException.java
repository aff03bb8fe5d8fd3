package io.hyperlight.error;

/**
 * The guest ended the call by saying that it cannot go on: {@code abort}, {@code hl_abort} with a
 * message, a panic.
 *
 * <p>The sandbox is unusable afterwards, because guest code was left in the middle.
 */
public final class GuestAbortException extends GuestException {
  private static final long serialVersionUID = 1L;

  /** What it ended by. */
  private final int signal;

  /**
   * Made by the library.
   *
   * @param message what the guest said
   * @param signal the number of the signal
   */
  public GuestAbortException(String message, int signal) {
    super(message, null);
    this.signal = signal;
  }

  /**
   * {@return the number of the Linux signal that ended the guest: 6, SIGABRT, if it said so itself}
   */
  public int signal() {
    return signal;
  }
}
