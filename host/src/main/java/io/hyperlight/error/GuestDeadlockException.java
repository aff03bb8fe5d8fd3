package io.hyperlight.error;

import java.util.List;

/**
 * The guest waits for something that cannot happen in a sandbox: another thread, a signal, input.
 * The message says what.
 *
 * <p>The sandbox is unusable afterwards, because guest code was left in the middle.
 */
public final class GuestDeadlockException extends GuestException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception. For use by the library.
   *
   * @param message what the guest waits for
   */
  public GuestDeadlockException(String message) {
    this(message, List.of());
  }

  /**
   * Creates the exception. For use by the library.
   *
   * @param message what the guest waits for
   * @param threads its threads, if it has several
   */
  public GuestDeadlockException(String message, List<GuestThread> threads) {
    super(message, null, threads);
  }
}
