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

  /** A register of a leaf, or 0 where the leaf is missing, as the processor does it. */
  int get(int function, int index, Output output);
}
