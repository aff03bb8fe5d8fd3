package io.hyperlight.internal.hypervisor.kvm;

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

  private static final long ENABLE_CAP_ARGS = Structs.offset(Structs.KVM_ENABLE_CAP, "args");

  static final int MEM_LOG_DIRTY_PAGES = 1;

  /** Pages are protected again when they are cleared, not when the log is read. */
  static final int MANUAL_PROTECT_ENABLE = 1;

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
   * @param tracked whether a {@link DirtyTracker} is to see what the guest writes
   */
  public void setUserMemoryRegion(
      int slot, long guestPhysicalAddress, MemorySegment memory, boolean tracked) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment region = arena.allocate(Structs.KVM_USERSPACE_MEMORY_REGION);
      region.set(ValueLayout.JAVA_INT, SLOT, slot);
      region.set(ValueLayout.JAVA_INT, FLAGS, tracked ? MEM_LOG_DIRTY_PAGES : 0);
      region.set(ValueLayout.JAVA_LONG, GUEST_PHYS_ADDR, guestPhysicalAddress);
      region.set(ValueLayout.JAVA_LONG, MEMORY_SIZE, memory.byteSize());
      region.set(ValueLayout.JAVA_LONG, USERSPACE_ADDR, memory.address());
      ioctl(arena, Ioctl.KVM_SET_USER_MEMORY_REGION, region);
    }
  }

  /**
   * {@code KVM_SET_USER_MEMORY_REGION} with size 0: the memory of a slot is no longer the guest's,
   * and KVM forgets what it has derived from it. No vCPU runs.
   */
  public void deleteUserMemoryRegion(int slot) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment region = arena.allocate(Structs.KVM_USERSPACE_MEMORY_REGION);
      region.set(ValueLayout.JAVA_INT, SLOT, slot);
      ioctl(arena, Ioctl.KVM_SET_USER_MEMORY_REGION, region);
    }
  }

  /**
   * Lets vCPUs have a {@link DirtyRing}. Before any is created, and instead of a {@link DirtyLog}.
   */
  public void enableDirtyRing() {
    enable(Capability.KVM_CAP_DIRTY_LOG_RING, DirtyRing.sizeBytes());
  }

  /** Lets slots have a {@link DirtyLog}. */
  public void enableDirtyLog() {
    enable(Capability.KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, MANUAL_PROTECT_ENABLE);
  }

  private void enable(Capability capability, long argument) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment struct = arena.allocate(Structs.KVM_ENABLE_CAP);
      struct.set(ValueLayout.JAVA_INT, 0, capability.number);
      struct.set(ValueLayout.JAVA_LONG, ENABLE_CAP_ARGS, argument);
      ioctl(arena, Ioctl.KVM_ENABLE_CAP, struct);
    }
  }

  /** The tracker of a vCPU's writes, after {@link #enableDirtyRing}. To be closed before the VM. */
  public DirtyTracker trackByRing(Vcpu vcpu) {
    return new DirtyRing(this, vcpu.fd);
  }

  /**
   * The tracker of the writes to a slot, after {@link #enableDirtyLog}. To be closed before the VM.
   *
   * @param sizeBytes the slot's size
   */
  public DirtyTracker trackByLog(int slot, long sizeBytes) {
    return new DirtyLog(this, slot, sizeBytes);
  }

  /** {@code KVM_RESET_DIRTY_RINGS}. */
  void resetDirtyRings() {
    ioctl(Ioctl.KVM_RESET_DIRTY_RINGS, 0);
  }

  /** {@code KVM_GET_DIRTY_LOG}. */
  void getDirtyLog(int slot, MemorySegment bitmap) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment struct = arena.allocate(Structs.KVM_DIRTY_LOG);
      struct.set(ValueLayout.JAVA_INT, 0, slot);
      struct.set(
          ValueLayout.JAVA_LONG,
          Structs.offset(Structs.KVM_DIRTY_LOG, "dirty_bitmap"),
          bitmap.address());
      ioctl(arena, Ioctl.KVM_GET_DIRTY_LOG, struct);
    }
  }

  /** {@code KVM_CLEAR_DIRTY_LOG} of a whole slot, for the pages whose bits are set. */
  void clearDirtyLog(int slot, int pages, MemorySegment bitmap) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment struct = arena.allocate(Structs.KVM_CLEAR_DIRTY_LOG);
      struct.set(ValueLayout.JAVA_INT, 0, slot);
      struct.set(
          ValueLayout.JAVA_INT, Structs.offset(Structs.KVM_CLEAR_DIRTY_LOG, "num_pages"), pages);
      struct.set(
          ValueLayout.JAVA_LONG,
          Structs.offset(Structs.KVM_CLEAR_DIRTY_LOG, "dirty_bitmap"),
          bitmap.address());
      ioctl(arena, Ioctl.KVM_CLEAR_DIRTY_LOG, struct);
    }
  }

  /** {@code KVM_CREATE_VCPU}, with its {@code kvm_run} structure mapped. */
  public Vcpu createVcpu(int id) {
    return Vcpu.map(create(Ioctl.KVM_CREATE_VCPU, id), vcpuMmapSize);
  }
}
