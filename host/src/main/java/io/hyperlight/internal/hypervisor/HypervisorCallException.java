package io.hyperlight.internal.hypervisor;

/** A call to the hypervisor failed. The message says which one, and what to do. */
public abstract class HypervisorCallException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Makes the exception. */
  protected HypervisorCallException(String message) {
    super(message);
  }

  /**
   * Returns whether the hypervisor does not know or does not allow the request, so that it would
   * fail again. It is false if the host has run out of something.
   */
  public abstract boolean isRefusal();
}
