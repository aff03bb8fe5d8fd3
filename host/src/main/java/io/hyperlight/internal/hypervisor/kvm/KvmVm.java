package io.hyperlight.internal.hypervisor.kvm;

import io.hyperlight.internal.hypervisor.DirtyTracker;
import io.hyperlight.internal.hypervisor.DirtyTracking;
import io.hyperlight.internal.hypervisor.VirtualCpu;
import io.hyperlight.internal.hypervisor.x86.X86VirtualMachine;
import io.hyperlight.internal.os.HostMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The descriptor of a VM. Only one thread at a time may use it. Its vCPUs are closed before it. */
final class KvmVm extends KvmFile implements X86VirtualMachine {
  private static final long SLOT = region("slot");
  private static final long FLAGS = region("flags");
  private static final long GUEST_PHYS_ADDR = region("guest_phys_addr");
  private static final long MEMORY_SIZE = region("memory_size");
  private static final long USERSPACE_ADDR = region("userspace_addr");

  private static final long ENABLE_CAP_ARGS = Structs.offset(Structs.KVM_ENABLE_CAP, "args");

  static final int MEM_LOG_DIRTY_PAGES = 1;

  /** KVM protects pages again when the host clears the log, not when it reads the log. */
  static final int MANUAL_PROTECT_ENABLE = 1;

  /** A memory slot. Its number is its index in the list. */
  private record Slot(long start, MemorySegment memory, boolean tracked) {
    boolean contains(long address, long sizeBytes) {
      return address >= start && address - start <= memory.byteSize() - sizeBytes;
    }
  }

  private final NewVcpu newVcpu;
  private final int vcpuMmapSize;
  private final List<@Nullable Slot> slots = new ArrayList<>(1); // most have one
  private DirtyTracking tracking = DirtyTracking.NONE;

  KvmVm(int fd, int vcpuMmapSize, NewVcpu newVcpu) {
    super(fd);
    this.newVcpu = newVcpu;
    this.vcpuMmapSize = vcpuMmapSize;
  }

  private static long region(String member) {
    return Structs.offset(Structs.KVM_USERSPACE_MEMORY_REGION, member);
  }

  @Override
  public void addMemory(long guestPhysicalAddress, MemorySegment memory, boolean tracked) {
    int number = slots.indexOf(null);
    boolean last = number < 0;
    if (last) {
      number = slots.size();
      slots.add(null); // before the ioctl: the heap may be full
    }
    Slot slot = new Slot(guestPhysicalAddress, memory, tracked);
    setUserMemoryRegion(number, slot);
    slots.set(number, slot);
  }

  @Override
  public void removeMemory(long guestPhysicalAddress) {
    for (int number = 0; number < slots.size(); number++) {
      Slot slot = slots.get(number);
      if (slot != null && slot.start == guestPhysicalAddress) {
        deleteUserMemoryRegion(number);
        slots.set(number, null);
        return;
      }
    }
    throw new IllegalArgumentException("no memory starts at 0x%x".formatted(guestPhysicalAddress));
  }

  /**
   * {@inheritDoc}
   *
   * <p>The host takes away its own right to write for a moment. KVM then drops its translations of
   * the pages, shadowed or nested, and flushes those of the processor
   * (Documentation/virt/kvm/mmu.rst and the MMU notifiers behind it). Each such change has a cost
   * for every VM of the process.
   */
  @Override
  public void forgetTranslations(long guestPhysicalAddress, long sizeBytes) {
    for (Slot slot : slots) {
      if (slot != null && slot.contains(guestPhysicalAddress, sizeBytes)) {
        MemorySegment pages = slot.memory.asSlice(guestPhysicalAddress - slot.start, sizeBytes);
        HostMemory.mprotect(pages, HostMemory.PROT_READ);
        HostMemory.mprotect(pages, HostMemory.PROT_READ | HostMemory.PROT_WRITE);
        return;
      }
    }
    throw new IllegalArgumentException(
        "no memory has 0x%x bytes at 0x%x".formatted(sizeBytes, guestPhysicalAddress));
  }

  /**
   * {@inheritDoc}
   *
   * <p>Deletes all slots and sets them again. KVM drops all translations when slots change (mmu.rst
   * of the kernel's documentation: "zapping all pages" at a change of memslots).
   */
  @Override
  public void forgetTables() {
    for (int number = 0; number < slots.size(); number++) {
      Slot slot = slots.get(number);
      if (slot != null) {
        deleteUserMemoryRegion(number);
        setUserMemoryRegion(number, slot);
      }
    }
  }

  /** {@code KVM_SET_USER_MEMORY_REGION}. */
  private void setUserMemoryRegion(int number, Slot slot) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment region = arena.allocate(Structs.KVM_USERSPACE_MEMORY_REGION);
      region.set(ValueLayout.JAVA_INT, SLOT, number);
      region.set(ValueLayout.JAVA_INT, FLAGS, slot.tracked ? MEM_LOG_DIRTY_PAGES : 0);
      region.set(ValueLayout.JAVA_LONG, GUEST_PHYS_ADDR, slot.start);
      region.set(ValueLayout.JAVA_LONG, MEMORY_SIZE, slot.memory.byteSize());
      region.set(ValueLayout.JAVA_LONG, USERSPACE_ADDR, slot.memory.address());
      ioctl(arena, Ioctl.KVM_SET_USER_MEMORY_REGION, region);
    }
  }

  /** {@code KVM_SET_USER_MEMORY_REGION} with size 0. */
  private void deleteUserMemoryRegion(int number) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment region = arena.allocate(Structs.KVM_USERSPACE_MEMORY_REGION);
      region.set(ValueLayout.JAVA_INT, SLOT, number);
      ioctl(arena, Ioctl.KVM_SET_USER_MEMORY_REGION, region);
    }
  }

  /**
   * Sets how KVM finds written pages. To be called before there is a vCPU.
   *
   * @param how by a {@link DirtyRing} of each vCPU, or a {@link DirtyLog} of a slot
   */
  void enable(DirtyTracking how) {
    switch (how) {
      case NONE -> {}
      case RING -> enable(Capability.KVM_CAP_DIRTY_LOG_RING, DirtyRing.sizeBytes());
      case LOG -> enable(Capability.KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, MANUAL_PROTECT_ENABLE);
    }
    tracking = how;
  }

  private void enable(Capability capability, long argument) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment struct = arena.allocate(Structs.KVM_ENABLE_CAP);
      struct.set(ValueLayout.JAVA_INT, 0, capability.number);
      struct.set(ValueLayout.JAVA_LONG, ENABLE_CAP_ARGS, argument);
      ioctl(arena, Ioctl.KVM_ENABLE_CAP, struct);
    }
  }

  @Override
  public DirtyTracker track(VirtualCpu cpu) {
    return switch (tracking) {
      case NONE -> throw new IllegalStateException("this VM was made without tracking");
      case RING -> new DirtyRing(this, ((KvmVcpu) cpu).fd);
      case LOG -> trackByLog();
    };
  }

  private DirtyTracker trackByLog() {
    for (int number = 0; number < slots.size(); number++) {
      Slot slot = slots.get(number);
      if (slot != null && slot.tracked) {
        return new DirtyLog(this, number, slot.memory.byteSize());
      }
    }
    throw new IllegalStateException("no memory is tracked");
  }

  /** {@code KVM_CREATE_VCPU}, with its {@code kvm_run} structure mapped. */
  @Override
  public KvmVcpu createCpu(int id) {
    KvmVcpu vcpu = KvmVcpu.map(create(Ioctl.KVM_CREATE_VCPU, id), vcpuMmapSize, newVcpu);
    try {
      if (!newVcpu.isKnown()) {
        newVcpu.set(vcpu.pendingEvents(), vcpu.debugRegisters());
      }
      return vcpu;
    } catch (Throwable t) {
      vcpu.close();
      throw t;
    }
  }
}
