package io.hyperlight.kvm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A VM's descriptor. For one thread at a time; its vCPUs are to be closed before it. */
public final class VirtualMachine extends KvmFile {
  private static final long SLOT = region("slot");
  private static final long FLAGS = region("flags");
  private static final long GUEST_PHYS_ADDR = region("guest_phys_addr");
  private static final long MEMORY_SIZE = region("memory_size");
  private static final long USERSPACE_ADDR = region("userspace_addr");

  private final int vcpuMmapSize;

  VirtualMachine(int fd, int vcpuMmapSize) {
    super(fd);
    this.vcpuMmapSize = vcpuMmapSize;
  }

  private static long region(String member) {
    return Structs.offset(Structs.KVM_USERSPACE_MEMORY_REGION, member);
  }

  /**
   * {@code KVM_SET_USER_MEMORY_REGION}: makes host memory guest-physical memory. The mapping must
   * outlive the VM.
   *
   * @param slot the slot's number
   * @param guestPhysicalAddress where the guest's processor sees it, a multiple of 4096
   * @param memory page-aligned, its size a multiple of 4096
   */
  public void setUserMemoryRegion(int slot, long guestPhysicalAddress, MemorySegment memory) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment region = arena.allocate(Structs.KVM_USERSPACE_MEMORY_REGION);
      region.set(ValueLayout.JAVA_INT, SLOT, slot);
      region.set(ValueLayout.JAVA_INT, FLAGS, 0);
      region.set(ValueLayout.JAVA_LONG, GUEST_PHYS_ADDR, guestPhysicalAddress);
      region.set(ValueLayout.JAVA_LONG, MEMORY_SIZE, memory.byteSize());
      region.set(ValueLayout.JAVA_LONG, USERSPACE_ADDR, memory.address());
      ioctl(Ioctl.KVM_SET_USER_MEMORY_REGION, region);
    }
  }

  /** {@code KVM_CREATE_VCPU}, with its {@code kvm_run} structure mapped. */
  public Vcpu createVcpu(int id) {
    return Vcpu.map(ioctl(Ioctl.KVM_CREATE_VCPU, id), vcpuMmapSize);
  }
}
