package io.hyperlight.internal.hypervisor;

/**
 * Says why a virtual CPU left the guest, with what the hypervisor reports about it. Each exit that
 * a VM of this library can meet has a record. {@link Other} is everything else.
 */
public sealed interface CpuExit {
  /**
   * An instruction that reads or writes a device outside of memory: {@code count} repetitions of
   * {@code sizeBytes} each.
   */
  record DeviceAccess(boolean write, int sizeBytes, int device, int count) implements CpuExit {}

  /** An access to a guest-physical address that has no memory. */
  record MemoryAccess(long guestPhysicalAddress, int sizeBytes, boolean write) implements CpuExit {}

  /** The guest waits for an interrupt. */
  record Halt() implements CpuExit {}

  /** The processor gave up. On x86 this is a triple fault. */
  record Shutdown() implements CpuExit {}

  /** The processor refused the CPU's state. */
  record EntryRefused(long hardwareReason) implements CpuExit {}

  /** The hypervisor gave up, mostly at an instruction that it does not emulate. */
  record HypervisorError(int suberror) implements CpuExit {}

  /** A signal arrived, or the host asked for an immediate exit. */
  record Interrupted() implements CpuExit {}

  /** An exit that this library never asks for. */
  record Other(int reason) implements CpuExit {}
}
