package io.hyperlight.internal.machine.x86;

import io.hyperlight.internal.hypervisor.HypervisorCallException;
import io.hyperlight.internal.hypervisor.x86.Register;
import io.hyperlight.internal.hypervisor.x86.Segment;
import io.hyperlight.internal.hypervisor.x86.SpecialRegisters;
import io.hyperlight.internal.hypervisor.x86.X86VirtualCpu;
import io.hyperlight.internal.machine.arch.FloatingPointFault;
import io.hyperlight.internal.machine.arch.RegisterValues;
import io.hyperlight.internal.machine.arch.UserRegisters;
import io.hyperlight.internal.machine.memory.AddressSpace;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The processor state of user code that stopped in the middle, at a system call or a processor
 * exception. Callers use it to send the code to a signal handler, and back. It uses ioctls, which
 * are slow and rare.
 *
 * <p><b>Boundary.</b> The values that callers set may come from the guest. They can make no other
 * state than one that user code could reach by itself. The address to go on at is in the user half.
 * The flags are those that a program may change. The segments stay as they are. The vector state is
 * one that XRSTOR would take.
 */
public final class X86UserRegisters implements UserRegisters {
  // The XSAVE area that KVM takes (Intel SDM vol. 1, "XSAVE Area").
  private static final int XSAVE_SIZE = 4096;
  private static final int X87_CONTROL = 0;
  private static final int X87_STATUS = 2;
  private static final int MXCSR = 24;
  private static final int COMPONENTS = 512;
  private static final long X87_AND_SSE = 3;

  private final X86Processor processor;
  private final X86VirtualCpu vcpu;
  private final long xcr0;

  /**
   * Makes the registers of one vCPU.
   *
   * @param xcr0 the state components that user code can use
   */
  public X86UserRegisters(X86Processor processor, long xcr0) {
    this.processor = processor;
    this.xcr0 = xcr0;
    vcpu = processor.vcpu();
  }

  @Override
  public void setGeneral(RegisterValues values) {
    X86Registers registers = (X86Registers) values;
    if (!AddressSpace.isUserAddress(registers.get(Register.RIP))) {
      throw new IllegalArgumentException("the instruction pointer is not a user address");
    }
    SpecialRegisters special = vcpu.specialRegisters();
    // As the processor returns from an exception. The stub cannot be used, since it needs RCX and
    // R11 for itself.
    vcpu.setSpecialRegisters(
        with(
            special,
            RegisterImage.userCode(),
            RegisterImage.userData(),
            special.fs(),
            special.gs()));
    registers.set(vcpu);
    vcpu.set(Register.RFLAGS, Flags.ofUser(registers.get(Register.RFLAGS)));
    vcpu.commitRegisters();
    processor.disturb();
  }

  private static SpecialRegisters with(
      SpecialRegisters special, Segment cs, Segment ss, Segment fs, Segment gs) {
    return new SpecialRegisters(
        cs,
        special.ds(),
        special.es(),
        fs,
        gs,
        ss,
        special.tr(),
        special.ldt(),
        special.gdt(),
        special.idt(),
        special.cr0(),
        special.cr2(),
        special.cr3(),
        special.cr4(),
        special.cr8(),
        special.efer(),
        special.apicBase());
  }

  /** Returns the base of FS, where thread-local storage is. */
  public long fsBase() {
    return vcpu.specialRegisters().fs().base();
  }

  /** Returns the base of GS. */
  public long gsBase() {
    return vcpu.specialRegisters().gs().base();
  }

  /**
   * Sets the base of FS.
   *
   * @param base a user address or 0
   */
  public void setFsBase(long base) {
    requireUserBase(base);
    SpecialRegisters special = vcpu.specialRegisters();
    vcpu.setSpecialRegisters(
        with(special, special.cs(), special.ss(), special.fs().withBase(base), special.gs()));
    processor.disturb();
  }

  /**
   * Sets the base of GS.
   *
   * @param base a user address or 0
   */
  public void setGsBase(long base) {
    requireUserBase(base);
    SpecialRegisters special = vcpu.specialRegisters();
    vcpu.setSpecialRegisters(
        with(special, special.cs(), special.ss(), special.fs(), special.gs().withBase(base)));
    processor.disturb();
  }

  private static void requireUserBase(long base) {
    if (base < 0 || base >= AddressSpace.USER_END) {
      throw new IllegalArgumentException("no user address: 0x%x".formatted(base));
    }
  }

  /** Returns the state components that user code can use, as in XCR0. */
  public long xcr0() {
    return xcr0;
  }

  @Override
  public byte[] extendedState() {
    return vcpu.extendedState();
  }

  @Override
  public void resetExtendedState() {
    byte[] area = new byte[XSAVE_SIZE];
    ByteBuffer.wrap(area)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putShort(X87_CONTROL, Gate.X87_CONTROL_INITIAL)
        .putInt(MXCSR, Gate.MXCSR_INITIAL)
        .putLong(COMPONENTS, X87_AND_SSE);
    vcpu.setExtendedState(area);
  }

  @Override
  public boolean setExtendedState(byte[] area) {
    try {
      vcpu.setExtendedState(area);
      return true;
    } catch (HypervisorCallException e) {
      if (e.isRefusal()) {
        return false;
      }
      throw e;
    }
  }

  @Override
  public FloatingPointFault floatingPointFault(int vector) {
    ByteBuffer area = ByteBuffer.wrap(extendedState()).order(ByteOrder.LITTLE_ENDIAN);
    if (vector == Vectors.X87) {
      return fault(area.getShort(X87_STATUS) & ~area.getShort(X87_CONTROL));
    }
    int mxcsr = area.getInt(MXCSR);
    return fault(mxcsr & ~(mxcsr >>> 7)); // each mask is seven bits above its flag
  }

  /**
   * Returns the reason by the bits of the unmasked exceptions: invalid, denormal, zero divide,
   * overflow, underflow, precision.
   */
  private static FloatingPointFault fault(int raised) {
    if ((raised & 1) != 0) {
      return FloatingPointFault.INVALID;
    } else if ((raised & 4) != 0) {
      return FloatingPointFault.DIVISION_BY_ZERO;
    } else if ((raised & 8) != 0) {
      return FloatingPointFault.OVERFLOW;
    } else if ((raised & (2 | 16)) != 0) {
      return FloatingPointFault.UNDERFLOW;
    }
    return (raised & 32) != 0 ? FloatingPointFault.INEXACT : FloatingPointFault.INVALID;
  }
}
