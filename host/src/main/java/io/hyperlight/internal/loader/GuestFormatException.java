package io.hyperlight.internal.loader;

/** A file is not a guest that this library can load. The message says what is wrong with it. */
public final class GuestFormatException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public GuestFormatException(String message) {
    super(message);
  }
}
