package io.hyperlight.internal.machine.arch;

/**
 * The processor state of user code that stopped in the middle, at a system call or a processor
 * exception, for whoever sends it on somewhere else: a signal handler, and back. What is set here
 * may come from the guest; it can be no other state than one that user code could bring about by
 * itself.
 */
public interface UserRegisters {
  /**
   * Sets up the vCPU so that user code goes on with these registers when it runs next.
   *
   * @param values all of them; of the flags those count that a program may change
   * @throws IllegalArgumentException if user code cannot be where they say
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if the hypervisor fails
   */
  void setGeneral(RegisterValues values);

  /** Floating-point and vector state, in the format of the processor. */
  byte[] extendedState();

  /** Sets floating-point and vector state to what a new program finds. */
  void resetExtendedState();

  /**
   * Sets floating-point and vector state.
   *
   * @param area of the size that {@link #extendedState} gives
   * @return whether the processor can be in that state; if not, nothing is changed
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if the hypervisor fails
   *     otherwise
   */
  boolean setExtendedState(byte[] area);

  /**
   * What a floating-point exception that has just happened is about.
   *
   * @param number of the exception
   */
  FloatingPointFault floatingPointFault(int number);
}
