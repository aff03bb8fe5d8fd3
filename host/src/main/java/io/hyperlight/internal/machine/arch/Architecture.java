package io.hyperlight.internal.machine.arch;

import io.hyperlight.internal.hypervisor.DirtyTracking;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.PageTable;
import io.hyperlight.internal.machine.memory.PageTables;
import io.hyperlight.internal.machine.memory.PhysicalMemory;

/**
 * A kind of processor on a hypervisor: what machines are made of. Immutable, safe for use by many
 * threads.
 */
public interface Architecture {
  /**
   * Makes a virtual machine with one virtual CPU, which user code can run on.
   *
   * @param memory all guest-physical memory
   * @param root of the page tables
   * @param components the parts of the vector state that guests may use
   * @param options what the embedder chose
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if the hypervisor fails;
   *     nothing is left behind
   */
  Processor createProcessor(
      PhysicalMemory memory,
      PageTable root,
      long components,
      MachineOptions options,
      DirtyTracking tracking);

  /** The parts of the vector state that guests can use here. */
  long components();

  /**
   * Writes the pages of supervisor code and data.
   *
   * @return the physical address of the exception stack's top
   */
  long installMonitor(PhysicalMemory memory, PageTables tables);

  /**
   * Maps and writes the gate, and the page of information beside it.
   *
   * @param frame where the call frame is
   */
  void installGate(AddressSpace space, long frame);

  /** Where calls begin. */
  long gate();

  /** What user code finds that has never run. */
  RestingState initialState();
}
