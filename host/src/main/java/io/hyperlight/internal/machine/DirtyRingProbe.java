package io.hyperlight.internal.machine;

import io.hyperlight.internal.hypervisor.DirtyTracker;
import io.hyperlight.internal.hypervisor.DirtyTracking;
import io.hyperlight.internal.hypervisor.HypervisorCallException;
import io.hyperlight.internal.machine.arch.MachineOptions;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import io.hyperlight.internal.machine.x86.MachineCode;
import io.hyperlight.internal.machine.x86.X86Architecture;

/**
 * Finds out whether a KVM's dirty ring can be relied on: a guest writes one page, the entry is
 * given back, the guest writes it again, and there has to be an entry again.
 */
final class DirtyRingProbe {
  private DirtyRingProbe() {}

  /**
   * Tries it.
   *
   * @throws HypervisorCallException if it fails for another reason than that there is no ring
   */
  static boolean works(X86Architecture kind) {
    try (Vm machine = Vm.create(kind, SelfTest.MEMORY, MachineOptions.DEFAULT)) {
      ProbeCode.load(machine, code());
      try (MachineImage image = machine.freeze();
          Vm spawned = Vm.spawn(image, MachineOptions.DEFAULT, DirtyTracking.RING)) {
        boolean found = writes(spawned);
        return found && writes(spawned); // which tells about the giving back
      } catch (HypervisorCallException e) {
        if (e.isRefusal()) {
          return false; // a ring that cannot be had
        }
        throw e; // nothing to be remembered
      }
    }
  }

  /** Writes the page of data. */
  static MachineCode code() {
    return new MachineCode()
        .addWithInt("movb %%al, 0x%x", (int) ProbeCode.DATA, 0x88, 0x04, 0x25)
        .add("ret", 0xc3);
  }

  /**
   * Lets the guest write its page; whether the tracker finds it, before it is told to start anew.
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
