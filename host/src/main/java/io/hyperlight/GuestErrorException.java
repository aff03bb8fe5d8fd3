package io.hyperlight;

/**
 * The guest's function returned and reported an error, in its own words.
 *
 * <p>The sandbox stays usable: as far as the guest is concerned, nothing was interrupted.
 */
public final class GuestErrorException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  GuestErrorException(String message) {
    super(message, null);
  }
}
