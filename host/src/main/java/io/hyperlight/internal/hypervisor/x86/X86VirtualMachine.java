package io.hyperlight.internal.hypervisor.x86;

import io.hyperlight.internal.hypervisor.VirtualMachine;

/** A virtual machine on an x86-64 processor. */
public interface X86VirtualMachine extends VirtualMachine {
  @Override
  X86VirtualCpu createCpu(int id);
}
