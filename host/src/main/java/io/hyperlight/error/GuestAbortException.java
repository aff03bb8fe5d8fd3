package io.hyperlight.error;

/**
 * The guest ended the call because it cannot go on: it called {@code abort}, called {@code
 * hl_abort} with a message, or panicked.
 *
 * <p>The sandbox is unusable afterwards, because guest code was left in the middle.
 */
public final class GuestAbortException extends GuestException {
  private static final long serialVersionUID = 1L;

  /** The number of the signal. */
  private final int signal;

  /**
   * Creates the exception. For use by the library.
   *
   * @param message what the guest said
   * @param signal the number of the signal
   */
  public GuestAbortException(String message, int signal) {
    super(message, null);
    this.signal = signal;
  }

  /**
   * {@return the number of the Linux signal that ended the guest; 6, SIGABRT, if the guest aborted
   * itself}
   */
  public int signal() {
    return signal;
  }
}
