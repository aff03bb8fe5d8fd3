package io.hyperlight.internal.machine.x86;

import io.hyperlight.internal.hypervisor.x86.SpecialRegisters;
import io.hyperlight.internal.hypervisor.x86.X86VirtualCpu;
import io.hyperlight.internal.machine.arch.StoppedState;

/**
 * The whole processor state of user code that stopped at a system call: general registers, segments
 * with their bases, x87 and vector state. A vCPU was in this state, so a vCPU can be in it again.
 * No other values get in here. Immutable.
 */
public final class X86StoppedState implements StoppedState {
  private final X86Registers registers;
  private final SpecialRegisters special;
  private final byte[] extendedState;

  private X86StoppedState(X86Registers registers, SpecialRegisters special, byte[] extendedState) {
    this.registers = registers;
    this.special = special;
    this.extendedState = extendedState;
  }

  /** Reads the state of a vCPU that stands in the system-call stub. */
  public static X86StoppedState of(X86VirtualCpu vcpu) {
    // The address of an earlier page fault belongs to no state.
    return new X86StoppedState(
        X86Registers.of(vcpu), vcpu.specialRegisters().withCr2(0), vcpu.extendedState());
  }

  /** Puts a vCPU of an equal machine into this state. */
  public void set(X86VirtualCpu vcpu) {
    vcpu.setSpecialRegisters(special);
    vcpu.setExtendedState(extendedState);
    registers.set(vcpu);
    vcpu.commitRegisters();
  }
}
