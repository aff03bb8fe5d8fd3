package io.hyperlight.error;

/**
 * A call was ended by {@link io.hyperlight.Sandbox#interrupt}, or because the thread that called
 * was interrupted; that thread's interrupt status is set then.
 *
 * <p>If guest code ran, or may have, the sandbox is unusable afterwards. A call on a thread whose
 * interrupt status is set already is not {@linkplain #begun begun}, and leaves the sandbox as it
 * was.
 */
public final class CallInterruptedException extends HyperlightException {
  private static final long serialVersionUID = 1L;

  /** Whether the call had begun. */
  private final boolean begun;

  /** Where the guest was. */
  private final GuestLocation location;

  /**
   * Made by the library.
   *
   * @param message what happened; where the guest was is added if the call had begun
   * @param begun whether it had
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
   * {@return whether guest code ran, or may have, so that the sandbox is unusable until it is
   * restored}
   */
  public boolean begun() {
    return begun;
  }

  /**
   * {@return where the guest was: its next instruction, which follows a system call if it was in
   * one, as it is during a host function; {@link GuestLocation#NOWHERE} if it has not run}
   */
  public GuestLocation location() {
    return location;
  }
}
