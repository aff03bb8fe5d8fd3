package io.hyperlight.internal.machine.arch;

import io.hyperlight.internal.hypervisor.CpuExit;

/**
 * Why a guest stopped other than by a system call. Nothing that led here is resumed.
 *
 * <p>{@link Unexpected} and {@link PrivilegeLost} are not a guest's faults as far as we know, but
 * they end it all the same.
 */
public sealed interface Trap {
  /** The general registers when the guest stopped. */
  RegisterValues registers();

  /** Where the instruction is that did it, or that follows it for traps such as {@code int3}. */
  default long instructionPointer() {
    return registers().instructionPointer();
  }

  /**
   * User code raised a processor exception.
   *
   * @param what the exception, for people
   * @param access for a {@link FaultKind#MEMORY_ACCESS}, what user code wanted to do; else {@link
   *     MemoryAccess#READ}
   * @param address for a {@link FaultKind#MEMORY_ACCESS}, where
   * @param number the exception's in the processor's own terms
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
   * An instruction for a device by code that has no business with one.
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
   * A message in the call frame that is not one of the gate's.
   *
   * @param number what it says it is
   * @param registers what the message has of them
   */
  record BadMessage(long number, RegisterValues registers) implements Trap {}

  /**
   * An exit of a guest that has left a message and has to wait for the host's then.
   *
   * @param exit why the vCPU stopped
   */
  record ExitBesideMessage(CpuExit exit, RegisterValues registers) implements Trap {}

  /** The vCPU was found at a privilege level where it has no business. */
  record PrivilegeLost(String how, RegisterValues registers) implements Trap {}

  /**
   * KVM left for another reason: a triple fault, an instruction it cannot emulate, and the like.
   */
  record Unexpected(CpuExit exit, RegisterValues registers) implements Trap {}

  /** The host has stopped it: the {@code Call} says why. */
  record Stopped(RegisterValues registers) implements Trap {}
}
