package io.hyperlight.internal.machine.arch;

import io.hyperlight.internal.machine.memory.AddressSpace;

/**
 * The general registers of a context that is not on a CPU. They are data of the host. What can be
 * asked of a context at an exit can be asked of these, too. All values are hostile.
 */
public interface ParkedRegisters {
  /** Returns the number of the system call at which the context stands. */
  long callNumber();

  /** Returns an argument of that system call. */
  long argument(int index);

  /** Returns all general registers as of the last stop. */
  RegisterValues values();

  /** Returns all general registers with which user code would go on behind its system call. */
  RegisterValues afterCall();

  /** Returns all general registers, with the instruction pointer in the guest's own code. */
  RegisterValues location(AddressSpace space);

  /** Sets the answer to the system call. */
  void setAnswer(long result);

  /** Sets the other values of the answer. */
  void setMoreOfAnswer(long second, long third);

  /** Sets the stack pointer. */
  void setStackPointer(long address);

  /** Makes user code go on behind its system call once the context is on a CPU. */
  void resume();

  /** Returns an independent copy. */
  ParkedRegisters copy();
}
