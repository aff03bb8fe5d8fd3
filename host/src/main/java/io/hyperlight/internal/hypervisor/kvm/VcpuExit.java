package io.hyperlight.internal.hypervisor.kvm;

/**
 * Why {@code KVM_RUN} came back, with what the kernel says about it. One record for each exit a VM
 * of this library can meet; everything else is {@link Other}.
 */
public sealed interface VcpuExit {
  /**
   * {@code KVM_EXIT_IO}: an I/O instruction. {@code count} repetitions of {@code sizeBytes} each.
   */
  record Io(boolean out, int sizeBytes, int port, int count) implements VcpuExit {}

  /** {@code KVM_EXIT_MMIO}: an access where no memory slot is. */
  record Mmio(long guestPhysicalAddress, int sizeBytes, boolean write) implements VcpuExit {}

  /** {@code KVM_EXIT_HLT}. */
  record Halt() implements VcpuExit {}

  /** {@code KVM_EXIT_SHUTDOWN}: a triple fault. */
  record Shutdown() implements VcpuExit {}

  /** {@code KVM_EXIT_FAIL_ENTRY}: the processor refused the vCPU's state. */
  record FailEntry(long hardwareReason) implements VcpuExit {}

  /** {@code KVM_EXIT_INTERNAL_ERROR}: KVM gave up, mostly on an instruction it does not emulate. */
  record KvmError(int suberror) implements VcpuExit {}

  /** A signal arrived, or an immediate exit was asked for. */
  record Interrupted() implements VcpuExit {}

  /** An exit this library never asks for. */
  record Other(int reason) implements VcpuExit {}
}
