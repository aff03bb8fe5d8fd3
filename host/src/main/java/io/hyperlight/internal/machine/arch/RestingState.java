package io.hyperlight.internal.machine.arch;

import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.PhysicalMemory;

/** The processor state of user code that outlives a call, and is not memory. Immutable. */
public interface RestingState {
  /**
   * Says in a call frame what the gate is to load before the call.
   *
   * @param frame the physical address of the frame
   */
  void putInto(PhysicalMemory memory, long frame);

  /** Says in the page of information what the gate is to load at a reset. */
  void putInto(AddressSpace space);
}
