package io.hyperlight.internal.machine.x86;

/**
 * At which privilege level this machine's KVM enters the system-call stub, which decides where the
 * stub lives and how it returns. Found by {@link Platform}'s probe, never from the name of a module
 * or processor.
 */
public enum SystemCallEntry {
  /**
   * As the processor manuals say (VMX, SVM): {@code syscall} enters CPL 0. The stub is on a
   * supervisor page, SMEP and SMAP are on, and user code has no port at all. The vCPU rests at CPL
   * 0 in the stub.
   */
  SUPERVISOR,

  /**
   * {@code syscall} goes to the stub but stays at CPL 3, as a paravirtual KVM does that runs user
   * code directly on the processor. The stub is on a user page, and the TSS bitmap grants the one
   * port that the stub uses. The vCPU rests at CPL 3 in the stub.
   */
  USER
}
