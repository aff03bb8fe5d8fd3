package io.hyperlight.internal.machine.x86;

import io.hyperlight.internal.hypervisor.x86.Register;
import io.hyperlight.internal.hypervisor.x86.X86VirtualCpu;
import io.hyperlight.internal.machine.arch.ParkedRegisters;
import io.hyperlight.internal.machine.memory.AddressSpace;

/**
 * The general registers of a context, as a vCPU had them at an exit or has to have them when it
 * goes on. They are of a vCPU, so RIP may be in the monitor's code at an exit.
 */
final class X86ParkedRegisters implements ParkedRegisters {
  private static final Register[] ALL = Register.values();

  private final long[] values = new long[ALL.length];

  /** The {@code out} by which the context made its last system call. */
  private long exit;

  /** Takes the registers of a vCPU. */
  void take(X86VirtualCpu vcpu, long lastExit) {
    for (Register register : ALL) {
      values[register.place] = vcpu.get(register);
    }
    exit = lastExit;
  }

  /** Sets the registers of a vCPU. The caller still has to commit them. */
  void putInto(X86VirtualCpu vcpu) {
    for (Register register : ALL) {
      vcpu.set(register, values[register.place]);
    }
  }

  /** Takes other values. */
  void set(X86ParkedRegisters other) {
    System.arraycopy(other.values, 0, values, 0, values.length);
    exit = other.exit;
  }

  void set(X86Registers registers) {
    for (Register register : ALL) {
      values[register.place] = registers.get(register);
    }
  }

  long get(Register register) {
    return values[register.place];
  }

  void set(Register register, long value) {
    values[register.place] = value;
  }

  long exit() {
    return exit;
  }

  /** The gate's own exit keeps no return address: it is user code, which goes on behind it. */
  private boolean isAtGatesExit() {
    return exit == Gate.HOST_CALL_EXIT;
  }

  @Override
  public long callNumber() {
    return get(CallRegisters.NUMBER);
  }

  @Override
  public long argument(int index) {
    return get(CallRegisters.argument(index));
  }

  @Override
  public X86Registers values() {
    return X86Registers.of(values);
  }

  @Override
  public X86Registers afterCall() {
    return isAtGatesExit()
        ? values().with(Register.RIP, exit + Monitor.OUT_LENGTH)
        : values().afterSystemCall();
  }

  @Override
  public X86Registers location(AddressSpace space) {
    return X86Exits.location(values(), exit, space);
  }

  @Override
  public void setAnswer(long result) {
    set(CallRegisters.NUMBER, result);
  }

  @Override
  public void setMoreOfAnswer(long second, long third) {
    set(CallRegisters.SECOND_RESULT, second);
    set(CallRegisters.THIRD_RESULT, third);
  }

  @Override
  public void setStackPointer(long address) {
    set(Register.RSP, address);
  }

  @Override
  public void resume() {
    if (isAtGatesExit()) {
      set(Register.RIP, exit + Monitor.OUT_LENGTH);
    } else {
      set(Register.RIP, get(Register.RCX));
      set(Register.RFLAGS, get(Register.R11));
    }
  }

  @Override
  public X86ParkedRegisters copy() {
    X86ParkedRegisters copy = new X86ParkedRegisters();
    copy.set(this);
    return copy;
  }
}
