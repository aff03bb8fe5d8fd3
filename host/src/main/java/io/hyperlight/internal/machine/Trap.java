package io.hyperlight.internal.machine;

import io.hyperlight.internal.hypervisor.CpuExit;
import io.hyperlight.internal.hypervisor.x86.Register;
import io.hyperlight.internal.hypervisor.x86.X86VirtualCpu;
import java.util.EnumMap;
import java.util.Map;

/**
 * Why a guest stopped other than by a system call. Nothing that led here is resumed.
 *
 * <p>{@link Unexpected} and {@link PrivilegeLost} are not a guest's faults as far as we know, but
 * they end it all the same.
 */
public sealed interface Trap {
  /** The general registers when the guest stopped. */
  Map<Register, Long> registers();

  /** RIP of the instruction that did it, or that follows it for traps such as {@code int3}. */
  default long instructionPointer() {
    return registers().getOrDefault(Register.RIP, 0L);
  }

  /**
   * User code raised a processor exception.
   *
   * @param vector 0 to 31
   * @param errorCode 0 where the vector has none
   * @param address CR2: what a page fault (vector 14) was about
   */
  record ProcessorException(int vector, long errorCode, long address, Map<Register, Long> registers)
      implements Trap {}

  /**
   * An I/O instruction on the granted port that is not the stub's own, or an exit on any other
   * port.
   */
  record PortAccess(CpuExit.DeviceAccess access, Map<Register, Long> registers) implements Trap {}

  /**
   * A system call from which the guest cannot be resumed: its return address is not a user address.
   */
  record BadReturnAddress(Map<Register, Long> registers) implements Trap {}

  /**
   * A message in the call frame that is not one of the gate's.
   *
   * @param registers what the message has of them
   */
  record BadMessage(Map<Register, Long> registers) implements Trap {}

  /**
   * An exit of a guest that has left a message and has to wait for the host's then.
   *
   * @param exit why the vCPU stopped
   */
  record ExitBesideMessage(CpuExit exit, Map<Register, Long> registers) implements Trap {}

  /** The vCPU was found at a privilege level where it has no business. */
  record PrivilegeLost(String how, Map<Register, Long> registers) implements Trap {}

  /**
   * KVM left for another reason: a triple fault, an instruction it cannot emulate, and the like.
   */
  record Unexpected(CpuExit exit, Map<Register, Long> registers) implements Trap {}

  /** The host has stopped it: the {@link Call} says why. */
  record Stopped(Map<Register, Long> registers) implements Trap {}

  /** The general registers as of the last exit, in their order. */
  static Map<Register, Long> registers(X86VirtualCpu vcpu) {
    Map<Register, Long> registers = new EnumMap<>(Register.class);
    for (Register register : Register.values()) {
      registers.put(register, vcpu.get(register));
    }
    return registers;
  }
}
