package io.hyperlight;

/**
 * The guest waits for something that cannot happen in a sandbox: another thread, a signal, input.
 * The message says what.
 *
 * <p>The sandbox is unusable afterwards, because guest code was left in the middle.
 */
public final class GuestDeadlockException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  GuestDeadlockException(String message) {
    super(message, null);
  }
}
