package io.hyperlight.internal.machine.x86;

import io.hyperlight.internal.hypervisor.x86.Register;

/** The registers that hold the parts of a system call, or of a message of the gate. */
public final class CallRegisters {
  /** The number of the call, and the answer. */
  public static final Register NUMBER = Register.RAX;

  /** The second value of an answer. */
  public static final Register SECOND_RESULT = Register.RDX;

  public static final Register THIRD_RESULT = Register.R8;

  private CallRegisters() {}

  /** Returns the register of an argument, from 0 on. */
  public static Register argument(int index) {
    return switch (index) {
      case 0 -> Register.RDI;
      case 1 -> Register.RSI;
      case 2 -> Register.RDX;
      case 3 -> Register.R10;
      case 4 -> Register.R8;
      case 5 -> Register.R9;
      default -> throw new IndexOutOfBoundsException(index);
    };
  }
}
