package io.hyperlight;

/**
 * An argument of a call is wrong: how many there are, of what type, out of range, a string that
 * UTF-8 cannot encode, or too large for the sandbox's memory. The message names the function's
 * declaration.
 *
 * <p>No guest code ran; the sandbox stays usable.
 */
public final class InvalidArgumentException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  InvalidArgumentException(String message) {
    super(message, null);
  }
}
