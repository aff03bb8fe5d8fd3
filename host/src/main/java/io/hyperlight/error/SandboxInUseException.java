package io.hyperlight.error;

/**
 * Another thread is using the sandbox, or a host function tried to use the sandbox that called it.
 *
 * <p>Nothing has changed, and the running call goes on.
 */
public final class SandboxInUseException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception. For use by the library.
   *
   * @param message what uses the sandbox
   */
  public SandboxInUseException(String message) {
    super(message, null);
  }
}
