package io.hyperlight.internal.machine.x86;

import io.hyperlight.internal.hypervisor.x86.Register;
import io.hyperlight.internal.hypervisor.x86.SpecialRegisters;
import io.hyperlight.internal.hypervisor.x86.X86VirtualCpu;
import java.util.EnumMap;
import java.util.Map;

/**
 * All processor state of user code that stopped at a system call: general registers, segments with
 * their bases, x87 and vector state. What it was, it can be again; other values never get in here.
 * Immutable.
 */
public final class StoppedState {
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
  public static StoppedState of(X86VirtualCpu vcpu) {
    Map<Register, Long> registers = new EnumMap<>(Register.class);
    for (Register register : Register.values()) {
      registers.put(register, vcpu.get(register));
    }
    // The address of an earlier page fault is nobody's state.
    return new StoppedState(registers, vcpu.specialRegisters().withCr2(0), vcpu.extendedState());
  }

  /** Puts a vCPU of an equal machine into it. */
  public void set(X86VirtualCpu vcpu) {
    vcpu.setSpecialRegisters(special);
    vcpu.setExtendedState(extendedState);
    registers.forEach(vcpu::set);
    vcpu.commitRegisters();
  }
}
