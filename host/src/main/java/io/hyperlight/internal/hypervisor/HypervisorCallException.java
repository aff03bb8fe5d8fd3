package io.hyperlight.internal.hypervisor;

/** Something that a hypervisor was asked for failed. The message says what, and what to do. */
public abstract class HypervisorCallException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** A call failed. */
  protected HypervisorCallException(String message) {
    super(message);
  }

  /**
   * Whether the hypervisor does not know or not allow what it was asked for, and would say so
   * again: nothing that the host has run out of.
   */
  public abstract boolean isRefusal();
}
