package io.hyperlight;

/**
 * The guest exports no function of that name. The message names those with similar names.
 *
 * <p>The sandbox stays usable.
 */
public final class NoSuchFunctionException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  NoSuchFunctionException(String message) {
    super(message, null);
  }
}
