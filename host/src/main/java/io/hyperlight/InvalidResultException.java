package io.hyperlight;

/**
 * A guest function returned what is no value of its result type: an address outside of its memory,
 * a string that is not UTF-8, a number that the Java type cannot hold.
 *
 * <p>The guest had come to its end, so the sandbox stays usable.
 */
public final class InvalidResultException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  InvalidResultException(String message) {
    super(message, null);
  }
}
