package io.hyperlight.internal.machine.arch;

import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.PhysicalMemory;

/** The processor state of user code that outlives a call and is not in memory. Immutable. */
public interface RestingState {
  /**
   * Writes into a call frame what the gate loads before the call.
   *
   * @param frame the guest-physical address of the frame
   */
  void putInto(PhysicalMemory memory, long frame);

  /** Writes into the information page what the gate loads at a reset. */
  void putInto(AddressSpace space);
}
