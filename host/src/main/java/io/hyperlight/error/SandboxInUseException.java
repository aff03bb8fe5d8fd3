package io.hyperlight.error;

/**
 * Another thread is using the sandbox, or a host function tried to use the sandbox that is calling
 * it.
 *
 * <p>Nothing happened; the call that is running goes on.
 */
public final class SandboxInUseException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  /**
   * Made by the library.
   *
   * @param message who uses it
   */
  public SandboxInUseException(String message) {
    super(message, null);
  }
}
