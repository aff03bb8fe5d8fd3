package io.hyperlight.internal.machine.arch;

import java.util.Map;

/** The general registers of user code at some point. Immutable. The values are hostile. */
public interface RegisterValues {
  /** Returns the address of the next instruction. */
  long instructionPointer();

  /** Returns the stack pointer. */
  long stackPointer();

  /** Returns all registers by the names in the processor's documentation, in capitals. */
  Map<String, Long> byName();

  /**
   * Returns the registers that make a system call again, if these are those behind it.
   *
   * @param number of the call
   */
  RegisterValues callingAgain(long number);

  /**
   * Returns the registers with which a function starts that no code has called: a signal handler.
   *
   * @param function its address
   * @param stackPointer the address of its return address
   */
  RegisterValues entering(
      long function, long stackPointer, long argument0, long argument1, long argument2);
}
