package io.hyperlight.internal.machine.arch;

import io.hyperlight.internal.hypervisor.CpuExit;

/**
 * Why a guest stopped other than by a system call. Only after {@link Preempted} and {@link Stopped}
 * may the code be resumed where it was.
 *
 * <p>{@link Unexpected} and {@link PrivilegeLost} are no known faults of a guest, but they end it
 * all the same.
 */
public sealed interface Trap {
  /** Returns the general registers when the guest stopped. */
  RegisterValues registers();

  /**
   * Returns the address of the instruction that caused the trap. For traps such as {@code int3} it
   * is the address of the next instruction.
   */
  default long instructionPointer() {
    return registers().instructionPointer();
  }

  /**
   * User code raised a processor exception.
   *
   * @param what the exception, for people
   * @param access for a {@link FaultKind#MEMORY_ACCESS}, what user code wanted to do; else {@link
   *     MemoryAccess#READ}
   * @param address for a {@link FaultKind#MEMORY_ACCESS}, the address of the access
   * @param number of the exception, in the processor's own terms
   * @param code what the processor adds to the number, or 0
   */
  record ProcessorException(
      FaultKind kind,
      String what,
      MemoryAccess access,
      long address,
      int number,
      long code,
      RegisterValues registers)
      implements Trap {}

  /**
   * Code that must not use devices executed an instruction for one.
   *
   * @param what the access, for people
   */
  record DeviceAccess(String what, RegisterValues registers) implements Trap {}

  /**
   * A system call from which the guest cannot be resumed: its return address is not a user address.
   *
   * @param address the return address
   */
  record BadReturnAddress(long address, RegisterValues registers) implements Trap {}

  /**
   * The call frame has a message that the gate does not send.
   *
   * @param number of the message
   * @param registers as far as the message has them
   */
  record BadMessage(long number, RegisterValues registers) implements Trap {}

  /**
   * A guest has left a message and has to wait for the host, but made an exit.
   *
   * @param exit why the vCPU stopped
   */
  record ExitBesideMessage(CpuExit exit, RegisterValues registers) implements Trap {}

  /** The vCPU was found at a privilege level where it must not be. */
  record PrivilegeLost(String how, RegisterValues registers) implements Trap {}

  /**
   * KVM left for another reason: a triple fault, an instruction it cannot emulate, and the like.
   */
  record Unexpected(CpuExit exit, RegisterValues registers) implements Trap {}

  /**
   * A thread of the guest was to go on, but its save area has a state that no processor can be in.
   * User code has written there.
   */
  record ForgedState(RegisterValues registers) implements Trap {}

  /**
   * The host has stopped it so that something else can run. It can go on. The registers are those
   * with which it goes on.
   */
  record Preempted(RegisterValues registers) implements Trap {}

  /** The host has stopped it. The {@code Call} says why. */
  record Stopped(RegisterValues registers) implements Trap {}
}
