package io.hyperlight.internal.hypervisor.x86;

/** What the CPUID instruction shows to a guest. Immutable. */
@FunctionalInterface
public interface Cpuid {
  /** An output register of the CPUID instruction. */
  enum Output {
    EAX,
    EBX,
    ECX,
    EDX
  }

  /** Returns a register of a leaf. As on a processor, the registers of a missing leaf are 0. */
  int get(int function, int index, Output output);
}
