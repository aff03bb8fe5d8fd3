package io.hyperlight;

/**
 * The guest passed a limit that was set for it. The message says which, and how much it is.
 *
 * <p>The sandbox is unusable afterwards, because guest code was left in the middle.
 */
public final class GuestLimitException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  GuestLimitException(String message) {
    super(message, null);
  }
}
