package io.hyperlight.internal.hypervisor.x86;

import io.hyperlight.internal.hypervisor.DirtyTracking;
import io.hyperlight.internal.hypervisor.Hypervisor;

/** A hypervisor on an x86-64 processor. */
public interface X86Hypervisor extends Hypervisor {
  @Override
  X86VirtualMachine createVm(DirtyTracking tracking);

  /** Returns what it can let CPUID show to guests. */
  Cpuid supportedCpuid();
}
