package io.hyperlight.internal.machine.x86;

import io.hyperlight.internal.hypervisor.x86.Register;
import io.hyperlight.internal.hypervisor.x86.X86VirtualCpu;
import io.hyperlight.internal.machine.arch.RegisterValues;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** The general registers of x86-64 user code. Immutable. */
public final class X86Registers implements RegisterValues {
  private static final Register[] ALL = Register.values();

  /** DF, TF and RF, which belong to the interrupted code only. */
  private static final long FLAGS_OF_INTERRUPTED = 0x1_0500;

  /** The size of a {@code syscall} instruction. */
  private static final int SYSTEM_CALL_BYTES = 2;

  private final long[] values;

  private X86Registers(long[] values) {
    this.values = values;
  }

  /** Returns the registers as of the last exit. */
  public static X86Registers of(X86VirtualCpu vcpu) {
    long[] values = new long[ALL.length];
    for (Register register : ALL) {
      values[register.place] = vcpu.get(register);
    }
    return new X86Registers(values);
  }

  /** Returns these registers, and zeros for all others. */
  public static X86Registers of(Map<Register, Long> some) {
    long[] values = new long[ALL.length];
    some.forEach((register, value) -> values[register.place] = value);
    return new X86Registers(values);
  }

  /** Returns these values, in the order of the registers. */
  static X86Registers of(long[] values) {
    return new X86Registers(values.clone());
  }

  /** Sets them in a vCPU. The caller still has to commit them. */
  public void set(X86VirtualCpu vcpu) {
    for (Register register : ALL) {
      vcpu.set(register, values[register.place]);
    }
  }

  public long get(Register register) {
    return values[register.place];
  }

  /** Returns the same registers with another value of one. */
  public X86Registers with(Register register, long value) {
    long[] changed = values.clone();
    changed[register.place] = value;
    return new X86Registers(changed);
  }

  /**
   * Returns the registers with which user code goes on behind a {@code syscall}, which has kept RIP
   * in RCX and RFLAGS in R11.
   */
  public X86Registers afterSystemCall() {
    return with(Register.RIP, get(Register.RCX)).with(Register.RFLAGS, get(Register.R11));
  }

  @Override
  public long instructionPointer() {
    return get(Register.RIP);
  }

  @Override
  public long stackPointer() {
    return get(Register.RSP);
  }

  @Override
  public Map<String, Long> byName() {
    Map<String, Long> all = new LinkedHashMap<>();
    for (Register register : ALL) {
      all.put(register.name(), get(register));
    }
    return all;
  }

  @Override
  public X86Registers callingAgain(long number) {
    return with(Register.RIP, get(Register.RIP) - SYSTEM_CALL_BYTES).with(Register.RAX, number);
  }

  @Override
  public X86Registers entering(
      long function, long stackPointer, long argument0, long argument1, long argument2) {
    return with(Register.RIP, function)
        .with(Register.RSP, stackPointer)
        .with(Register.RDI, argument0)
        .with(Register.RSI, argument1)
        .with(Register.RDX, argument2)
        .with(Register.RAX, 0)
        .with(Register.RFLAGS, get(Register.RFLAGS) & ~FLAGS_OF_INTERRUPTED);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof X86Registers registers && Arrays.equals(values, registers.values);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    return byName().toString();
  }
}
