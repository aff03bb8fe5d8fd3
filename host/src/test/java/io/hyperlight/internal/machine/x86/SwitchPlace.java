package io.hyperlight.internal.machine.x86;

import io.hyperlight.internal.hypervisor.x86.Register;
import io.hyperlight.internal.hypervisor.x86.X86VirtualCpu;

/** Tells whether a vCPU is about to run the gate's code that switches to another thread. */
public final class SwitchPlace {
  private SwitchPlace() {}

  /** Returns whether the next entry begins with that code. */
  public static boolean isAtBegin(X86Processor processor) {
    X86VirtualCpu vcpu = processor.vcpu();
    long next = vcpu.get(Register.RIP);
    return ContextSwitchCode.contains(next == Monitor.RETURN ? vcpu.get(Register.RCX) : next);
  }
}
