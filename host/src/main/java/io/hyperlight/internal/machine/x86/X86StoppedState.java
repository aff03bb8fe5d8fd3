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
    return new X86StoppedState(
        X86Registers.of(vcpu), vcpu.specialRegisters(), vcpu.extendedState());
  }

  /**
   * Puts a vCPU into this state.
   *
   * @param initial the special registers of that vCPU's own machine. User code can change none of
   *     them but segments and bases. The machine's page tables and options may be other ones than
   *     where the code stopped.
   */
  public void set(X86VirtualCpu vcpu, SpecialRegisters initial) {
    vcpu.setSpecialRegisters(initial.withUserSegmentsOf(special));
    vcpu.setExtendedState(extendedState);
    registers.set(vcpu);
    vcpu.commitRegisters();
  }
}
