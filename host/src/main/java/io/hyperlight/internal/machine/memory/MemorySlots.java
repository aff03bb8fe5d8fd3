package io.hyperlight.internal.machine.memory;

import io.hyperlight.internal.hypervisor.kvm.VirtualMachine;
import java.lang.foreign.MemorySegment;

/**
 * The memory slots of a VM: one with all its memory, and those that were added because page tables
 * needed more room.
 */
public final class MemorySlots {
  private final VirtualMachine vm;
  private final MemorySegment memory;
  private final boolean tracked;
  private int added;

  /**
   * Gives a new VM its memory.
   *
   * @param memory seen by the guest from guest-physical address 0 on
   * @param tracked whether a dirty tracker is to see what the guest writes
   */
  public MemorySlots(VirtualMachine vm, MemorySegment memory, boolean tracked) {
    this.vm = vm;
    this.memory = memory;
    this.tracked = tracked;
    vm.setUserMemoryRegion(0, 0, memory, tracked);
  }

  /** Adds memory that no tracker sees. The guest may run. */
  public void add(long guestPhysicalAddress, MemorySegment more) {
    vm.setUserMemoryRegion(added + 1, guestPhysicalAddress, more, false);
    added++;
  }

  /**
   * Makes KVM forget everything that it has derived from the guest's page tables, and takes the
   * added memory away: the slots are deleted, and the first is made anew (mmu.rst of the kernel's
   * documentation: "zapping all pages" at a change of memslots). The vCPU does not run. What a
   * dirty log has found and nobody collected is lost.
   */
  public void forgetTables() {
    for (; added > 0; added--) {
      vm.deleteUserMemoryRegion(added);
    }
    vm.deleteUserMemoryRegion(0);
    vm.setUserMemoryRegion(0, 0, memory, tracked);
  }
}
