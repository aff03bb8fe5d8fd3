package io.hyperlight.error;

/**
 * A call was ended by {@link io.hyperlight.Sandbox#interrupt}, or because the calling thread was
 * interrupted. In the second case that thread's interrupt status is set.
 *
 * <p>If guest code ran or may have run, the sandbox is unusable afterwards. A call on a thread
 * whose interrupt status is already set does not {@linkplain #begun begin}, and leaves the sandbox
 * unchanged.
 */
public final class CallInterruptedException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  /** Whether the call had begun. */
  private final boolean begun;

  /** Where the guest was. */
  private final GuestLocation location;

  /**
   * Creates the exception. For use by the library.
   *
   * @param message what happened; the guest's location is appended if the call had begun
   * @param begun whether the call had begun
   * @param location where the guest was
   */
  public CallInterruptedException(String message, boolean begun, GuestLocation location) {
    super(message, null);
    this.begun = begun;
    this.location = location;
  }

  @Override
  public String getMessage() {
    return begun ? super.getMessage() + location : String.valueOf(super.getMessage());
  }

  /**
   * {@return whether guest code ran or may have run; the sandbox is then unusable until it is
   * restored}
   */
  public boolean begun() {
    return begun;
  }

  /**
   * {@return where the guest was: the address of its next instruction. If it was in a system call
   * or a host function, this is the instruction after the system call. {@link
   * GuestLocation#NOWHERE} if the guest has not run}
   */
  public GuestLocation location() {
    return location;
  }
}
