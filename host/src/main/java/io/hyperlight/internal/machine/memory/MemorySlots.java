package io.hyperlight.internal.machine.memory;

import io.hyperlight.internal.hypervisor.VirtualMachine;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The memory slots of a VM: one with all its memory, and those that were added because page tables
 * needed more room.
 */
public final class MemorySlots {
  private final VirtualMachine vm;
  private final List<Long> added = new ArrayList<>();

  /**
   * Gives a new VM its memory.
   *
   * @param memory seen by the guest from guest-physical address 0 on
   * @param tracked whether a dirty tracker is to see what the guest writes
   */
  public MemorySlots(VirtualMachine vm, MemorySegment memory, boolean tracked) {
    this.vm = vm;
    vm.addMemory(0, memory, tracked);
  }

  /** Adds memory that no tracker sees. The guest may run. */
  public void add(long guestPhysicalAddress, MemorySegment more) {
    added.add(guestPhysicalAddress); // first: the heap may be full
    try {
      vm.addMemory(guestPhysicalAddress, more, false);
    } catch (Throwable t) {
      added.removeLast();
      throw t;
    }
  }

  /**
   * Makes the hypervisor forget everything that it has derived from the guest's page tables, and
   * takes the added memory away. The vCPU does not run. What a dirty log has found and nobody
   * collected is lost.
   */
  public void forgetTables() {
    while (!added.isEmpty()) {
      vm.removeMemory(added.getLast());
      added.removeLast();
    }
    vm.forgetTables();
  }
}
