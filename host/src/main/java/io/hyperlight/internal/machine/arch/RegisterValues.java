package io.hyperlight.internal.machine.arch;

import java.util.Map;

/** The general registers of user code at some point. Immutable; hostile. */
public interface RegisterValues {
  /** Where the code is. */
  long instructionPointer();

  /** The end of its stack. */
  long stackPointer();

  /** All of them by the names that the processor's documentation has, in capitals. */
  Map<String, Long> byName();

  /**
   * With what a function finds that is called by nobody: a signal's handler.
   *
   * @param function where it begins
   * @param stackPointer where its return address is
   */
  RegisterValues entering(
      long function, long stackPointer, long argument0, long argument1, long argument2);
}
