package io.hyperlight.internal.machine.arch;

import io.hyperlight.internal.hypervisor.DirtyTracking;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.PageTable;
import io.hyperlight.internal.machine.memory.PageTables;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import java.util.function.LongSupplier;

/**
 * A kind of processor on a hypervisor. It makes the parts of machines. Immutable. Many threads may
 * use it at the same time.
 */
public interface Architecture {
  /**
   * Makes a virtual machine with one virtual CPU, on which user code can run.
   *
   * @param memory all guest-physical memory
   * @param root of the page tables
   * @param components the parts of the vector state that guests may use
   * @param options of the embedder
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if the hypervisor fails;
   *     nothing is left behind
   */
  Processor createProcessor(
      PhysicalMemory memory,
      PageTable root,
      long components,
      MachineOptions options,
      DirtyTracking tracking);

  /** Returns the parts of the vector state that guests can use on this processor. */
  long components();

  /**
   * Writes the pages of supervisor code and data.
   *
   * @return the guest-physical address of the exception stack's top
   */
  long installMonitor(PhysicalMemory memory, PageTables tables);

  /**
   * Maps and writes the gate, and the information page beside it.
   *
   * @param frame the address of the call frame
   */
  void installGate(AddressSpace space, long frame);

  /** Maps and writes the vDSO, without numbers: {@link VdsoPages}. */
  void installVdso(AddressSpace space);

  /**
   * Returns what reads the processor's counter on a thread of the host. It makes no system call.
   *
   * @throws io.hyperlight.internal.os.SystemCallException if the host does not allow that
   */
  LongSupplier hostCounter();

  /** Returns whether guests that read the counter always read the same as the host. */
  boolean hasOneCounter();

  /** Returns the address of the page in which a context is saved, by its number. */
  long saveArea(int number);

  /** Returns how many contexts there can be. */
  int maximumContexts();

  /** Returns the address at which calls begin. */
  long gate();

  /** Returns the state of user code that has never run. */
  RestingState initialState();
}
