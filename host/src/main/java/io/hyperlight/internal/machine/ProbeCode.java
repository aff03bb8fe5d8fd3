package io.hyperlight.internal.machine;

import io.hyperlight.internal.abi.CallFrame;
import io.hyperlight.internal.machine.arch.Trap;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import io.hyperlight.internal.machine.memory.Protection;
import io.hyperlight.internal.machine.x86.MachineCode;
import org.jspecify.annotations.Nullable;

/**
 * Runs a few instructions of guest code on machines that find out something. It knows where the
 * code and its data lie, and how to call the code.
 */
final class ProbeCode {
  /** The code's page. */
  static final long CODE = 0x2_0000;

  /** A page of data. */
  static final long DATA = 0x3_0000;

  private static final long STACK = 0x4_0000;

  private ProbeCode() {}

  /** Loads the code into a new machine. */
  static void load(Vm machine, MachineCode code) {
    AddressSpace space = machine.addressSpace();
    space.map(CODE, PhysicalMemory.PAGE_SIZE, Protection.READ_EXECUTE);
    space.map(DATA, PhysicalMemory.PAGE_SIZE, Protection.READ_WRITE);
    space.map(STACK, PhysicalMemory.PAGE_SIZE, Protection.READ_WRITE);
    byte[] bytes = code.toByteArray();
    space.initialise(CODE, bytes, 0, bytes.length);
    machine.installGate(STACK + PhysicalMemory.PAGE_SIZE - CallFrame.SIZE);
  }

  /**
   * Calls the code.
   *
   * @param arguments for RDI, RSI and so on
   * @return null for a system call, which includes that of the gate at the end of the call; else
   *     the trap
   */
  static @Nullable Trap call(Vm machine, long... arguments) {
    machine.context().setFrameLong(CallFrame.TARGET, CODE);
    for (int i = 0; i < arguments.length; i++) {
      machine.context().setFrameLong(CallFrame.INTEGER_ARGUMENTS + Long.BYTES * i, arguments[i]);
    }
    machine.context().enterGate();
    return machine.context().run();
  }
}
