package io.hyperlight.internal.machine.arch;

/**
 * The processor state of user code that stopped in the middle, at a system call or a processor
 * exception. Callers use it to send the code to a signal handler, and back. The values that they
 * set may come from the guest. They can make no other state than one that user code could reach by
 * itself.
 */
public interface UserRegisters {
  /**
   * Sets up the vCPU so that user code goes on with these registers when it runs next.
   *
   * @param values all of them; of the flags only those count that a program may change
   * @throws IllegalArgumentException if user code cannot be at their address
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if the hypervisor fails
   */
  void setGeneral(RegisterValues values);

  /** Returns floating-point and vector state, in the format of the processor. */
  byte[] extendedState();

  /** Sets floating-point and vector state to that of a new program. */
  void resetExtendedState();

  /**
   * Sets floating-point and vector state.
   *
   * @param area of the size that {@link #extendedState} returns
   * @return whether the processor can be in that state; if not, nothing is changed
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if the hypervisor fails
   *     otherwise
   */
  boolean setExtendedState(byte[] area);

  /**
   * Returns the reason of a floating-point exception that has just happened.
   *
   * @param number of the exception
   */
  FloatingPointFault floatingPointFault(int number);
}
