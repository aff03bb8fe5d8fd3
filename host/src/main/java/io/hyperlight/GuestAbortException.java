package io.hyperlight;

/**
 * The guest ended the call by saying that it cannot go on: {@code abort}, {@code hl_abort} with a
 * message, a panic.
 *
 * <p>The sandbox is unusable afterwards, because guest code was left in the middle.
 */
public final class GuestAbortException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  GuestAbortException(String message) {
    super(message, null);
  }
}
