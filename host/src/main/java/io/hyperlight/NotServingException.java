package io.hyperlight;

/**
 * A request was made to a sandbox in which no program waits for one: it has functions to call, or
 * was not started by {@link Program#startServing}. The sandbox is what it was.
 */
public final class NotServingException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  NotServingException(String message) {
    super(message, null);
  }
}
