package io.hyperlight.internal.machine;

import io.hyperlight.internal.hypervisor.DirtyTracker;
import io.hyperlight.internal.hypervisor.DirtyTracking;
import io.hyperlight.internal.hypervisor.HypervisorCallException;
import io.hyperlight.internal.machine.arch.MachineOptions;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import io.hyperlight.internal.machine.x86.MachineCode;
import io.hyperlight.internal.machine.x86.X86Architecture;

/**
 * Finds out whether the dirty ring of a KVM is reliable. A guest writes a page, the host returns
 * the ring's entry, and the guest writes the page again. Then the ring must have an entry again.
 */
final class DirtyRingProbe {
  private DirtyRingProbe() {}

  /**
   * Returns whether the ring works.
   *
   * @throws HypervisorCallException if it fails for another reason than that there is no ring
   */
  static boolean works(X86Architecture kind) {
    try (Vm machine = Vm.create(kind, SelfTest.MEMORY, MachineOptions.DEFAULT)) {
      ProbeCode.load(machine, code());
      try (MachineImage image = machine.freeze();
          Vm spawned = Vm.spawn(image, MachineOptions.DEFAULT, DirtyTracking.RING)) {
        boolean found = writes(spawned);
        // The second write shows whether returning the entry works.
        return found && writes(spawned);
      } catch (HypervisorCallException e) {
        if (e.isRefusal()) {
          return false; // KVM refuses to make a ring
        }
        throw e; // says nothing about the ring
      }
    }
  }

  /** Returns code that writes the page of data. */
  static MachineCode code() {
    return new MachineCode()
        .addWithInt("movb %%al, 0x%x", (int) ProbeCode.DATA, 0x88, 0x04, 0x25)
        .add("ret", 0xc3);
  }

  /**
   * Lets the guest write its page, and rearms the tracker afterwards.
   *
   * @return whether the tracker has found the page
   */
  private static boolean writes(Vm machine) {
    if (ProbeCode.call(machine) != null) {
      return false;
    }
    long page = machine.addressSpace().physicalOf(ProbeCode.DATA) / PhysicalMemory.PAGE_SIZE;
    boolean[] found = new boolean[1];
    DirtyTracker tracker = machine.tracker();
    tracker.collect(written -> found[0] |= written == page);
    tracker.rearm();
    return found[0];
  }
}
