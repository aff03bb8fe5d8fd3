package io.hyperlight.internal.machine;

import io.hyperlight.internal.hypervisor.kvm.Register;
import io.hyperlight.internal.hypervisor.kvm.SpecialRegisters;
import io.hyperlight.internal.hypervisor.kvm.Vcpu;
import java.util.EnumMap;
import java.util.Map;

/**
 * All processor state of user code that stopped at a system call: general registers, segments with
 * their bases, x87 and vector state. What it was, it can be again; other values never get in here.
 * Immutable.
 */
final class StoppedState {
  private final Map<Register, Long> registers;
  private final SpecialRegisters special;
  private final byte[] extendedState;

  private StoppedState(
      Map<Register, Long> registers, SpecialRegisters special, byte[] extendedState) {
    this.registers = registers;
    this.special = special;
    this.extendedState = extendedState;
  }

  /** Reads it from a vCPU that stands in the system-call stub. */
  static StoppedState of(Vcpu vcpu) {
    Map<Register, Long> registers = new EnumMap<>(Register.class);
    for (Register register : Register.values()) {
      registers.put(register, vcpu.get(register));
    }
    // The address of an earlier page fault is nobody's state.
    return new StoppedState(registers, vcpu.getSregs().withCr2(0), vcpu.getXsave());
  }

  /** Puts a vCPU of an equal machine into it. */
  void set(Vcpu vcpu) {
    vcpu.setSregs(special);
    vcpu.setXsave(extendedState);
    registers.forEach(vcpu::set);
    vcpu.markRegistersDirty();
  }
}
