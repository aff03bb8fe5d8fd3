package io.hyperlight.internal.machine.x86;

/**
 * The privilege level at which this machine's KVM enters the system-call stub. It decides where the
 * stub lies and how it returns. {@code Platform}'s probe finds it out, and never uses the name of a
 * module or processor.
 */
public enum SystemCallEntry {
  /**
   * {@code syscall} enters CPL 0, as the processor manuals say (VMX, SVM). The stub is on a
   * supervisor page, SMEP and SMAP are on, and user code may use no port at all. The vCPU rests at
   * CPL 0 in the stub.
   */
  SUPERVISOR,

  /**
   * {@code syscall} goes to the stub but stays at CPL 3, as on a paravirtual KVM that runs user
   * code directly on the processor. The stub is on a user page, and the TSS bitmap grants the one
   * port that the stub uses. The vCPU rests at CPL 3 in the stub.
   */
  USER
}
