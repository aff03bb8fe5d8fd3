package io.hyperlight.internal.hypervisor;

/**
 * Why a virtual CPU came back, with what the hypervisor says about it. One record for each exit a
 * VM of this library can meet; everything else is {@link Other}.
 */
public sealed interface CpuExit {
  /**
   * An instruction that reads or writes a device outside of memory. {@code count} repetitions of
   * {@code sizeBytes} each.
   */
  record DeviceAccess(boolean write, int sizeBytes, int device, int count) implements CpuExit {}

  /** An access where no memory is. */
  record MemoryAccess(long guestPhysicalAddress, int sizeBytes, boolean write) implements CpuExit {}

  /** The guest waits for an interrupt. */
  record Halt() implements CpuExit {}

  /** The processor has given up: on x86 a triple fault. */
  record Shutdown() implements CpuExit {}

  /** The processor refused the CPU's state. */
  record EntryRefused(long hardwareReason) implements CpuExit {}

  /** The hypervisor gave up, mostly on an instruction it does not emulate. */
  record HypervisorError(int suberror) implements CpuExit {}

  /** A signal arrived, or an immediate exit was asked for. */
  record Interrupted() implements CpuExit {}

  /** An exit this library never asks for. */
  record Other(int reason) implements CpuExit {}
}
