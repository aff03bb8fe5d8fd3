package io.hyperlight.internal.machine.x86;

import io.hyperlight.internal.hypervisor.HypervisorCallException;
import io.hyperlight.internal.hypervisor.x86.Register;
import io.hyperlight.internal.hypervisor.x86.SpecialRegisters;
import io.hyperlight.internal.hypervisor.x86.X86VirtualCpu;
import io.hyperlight.internal.machine.arch.ContextRegisters;
import io.hyperlight.internal.machine.arch.FloatingPointFault;
import io.hyperlight.internal.machine.arch.ParkedRegisters;
import io.hyperlight.internal.machine.arch.Processor;
import io.hyperlight.internal.machine.arch.RegisterValues;
import io.hyperlight.internal.machine.arch.Trap;
import io.hyperlight.internal.machine.memory.AddressSpace;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The processor state of one context: on the vCPU, or parked. Callers use it to send user code that
 * stopped in the middle to a signal handler, and back. For vector state and bases in the vCPU it
 * uses ioctls, which are slow and rare.
 *
 * <p><b>Boundary.</b> The values that callers set may come from the guest. They can make no other
 * state than one that user code could reach by itself. The address to go on at is in the user half.
 * The flags are those that a program may change. The segments stay as they are. The vector state is
 * one that XRSTOR would take.
 */
public final class X86UserRegisters implements ContextRegisters {
  // The XSAVE area that KVM takes (Intel SDM vol. 1, "XSAVE Area").
  private static final int XSAVE_SIZE = 4096;
  private static final int X87_CONTROL = 0;
  private static final int X87_STATUS = 2;
  private static final int MXCSR = 24;
  private static final int COMPONENTS = 512;
  private static final long X87_AND_SSE = 3;

  private final long xcr0;

  /** The switch of the vCPU on which it is, or was last. */
  private X86ContextSwitch contexts;

  private X86VirtualCpu vcpu;

  /** Null until they are first needed: the only context of a VM is hardly ever parked. */
  private @Nullable X86ParkedRegisters general;

  private @Nullable SaveArea area;

  /** Whether its vector state is reset before it matters. */
  private boolean forgotten;

  /** Makes the registers of one context. */
  X86UserRegisters(X86ContextSwitch contexts) {
    this.contexts = contexts;
    xcr0 = contexts.xcr0();
    vcpu = contexts.processor().vcpu();
  }

  // Switches.

  @Override
  public void useSaveArea(long address, long physical) {
    area = new SaveArea(contexts.memory(), xcr0, address, physical);
  }

  @Override
  public boolean isInCpu() {
    return contexts.isOwner(this);
  }

  @Override
  public void moveTo(Processor processor) {
    contexts.giveUp(this);
    use(processor);
  }

  @Override
  public void restartOn(Processor processor) {
    contexts.forget(this);
    use(processor);
  }

  private void use(Processor processor) {
    X86Processor next = (X86Processor) processor;
    contexts = next.contexts();
    vcpu = next.vcpu();
  }

  SaveArea area() {
    return Objects.requireNonNull(area);
  }

  X86ParkedRegisters general() {
    X86ParkedRegisters there = general;
    if (there == null) {
      there = new X86ParkedRegisters();
      general = there;
    }
    return there;
  }

  @Override
  public X86ParkedRegisters parked() {
    return general();
  }

  @Override
  public void setParked(ParkedRegisters registers) {
    general().set((X86ParkedRegisters) registers);
    forgotten = false;
  }

  @Override
  public void park(boolean ready) {
    contexts.park(this, ready);
  }

  @Override
  public void unpark(boolean ready) {
    contexts.unpark(this, ready);
  }

  @Override
  public X86ParkedRegisters copyOfGeneral(boolean ready) {
    X86ParkedRegisters copy = new X86ParkedRegisters();
    contexts.copy(this, ready, copy);
    return copy;
  }

  @Override
  public void saveVectors() {
    if (contexts.isOwner(this)) {
      area().save(vcpu);
    }
  }

  @Override
  public UserState restingState() {
    return contexts.isOwner(this)
        ? UserState.of(vcpu)
        : UserState.of(area().state(), area().fsBase(), area().gsBase());
  }

  @Override
  public void copyVectorsOf(ContextRegisters other) {
    X86UserRegisters from = (X86UserRegisters) other;
    if (from.contexts.isOwner(from)) {
      area().save(from.vcpu);
    } else {
      area().setState(from.area().state());
      area().setFsBase(from.area().fsBase());
      area().setGsBase(from.area().gsBase());
    }
  }

  @Override
  public void forgetVectors() {
    forgotten = true;
  }

  /** Returns whether its vector state matters when it goes on. */
  boolean isWorthLoading() {
    boolean worth = !forgotten;
    forgotten = false;
    return worth;
  }

  @Override
  public void release() {
    contexts.release(this);
  }

  @Override
  public void setThreadPointer(long address) {
    setFsBase(address);
  }

  @Override
  public void resumeStopped() {
    if (contexts.isAttached(this)) {
      contexts.enter();
    }
  }

  @Override
  public boolean settleKick() {
    return contexts.settleKick();
  }

  @Override
  public boolean takeBackFault(RegisterValues registers) {
    return contexts.takeBackFault((X86Registers) registers);
  }

  @Override
  public boolean isForged(Trap trap) {
    return contexts.isForged(trap.instructionPointer());
  }

  // Where it goes on, and its state beside the general registers.

  @Override
  public void setGeneral(RegisterValues values) {
    X86Registers registers = (X86Registers) values;
    if (!AddressSpace.isUserAddress(registers.get(Register.RIP))) {
      throw new IllegalArgumentException("the instruction pointer is not a user address");
    }
    if (!contexts.isAttached(this)) {
      general().set(registers);
      return;
    }
    if (contexts.isElsewhere() || contexts.leaveExit()) {
      registers.set(vcpu);
      contexts.enter();
      return;
    }
    SpecialRegisters special = vcpu.specialRegisters();
    // As the processor returns from an exception.
    vcpu.setSpecialRegisters(
        special.withUserSegments(
            RegisterImage.userCode(), RegisterImage.userData(), special.fs(), special.gs()));
    registers.set(vcpu);
    vcpu.set(Register.RFLAGS, Flags.ofUser(registers.get(Register.RFLAGS)));
    vcpu.commitRegisters();
    contexts.processor().disturb();
  }

  /** Returns the base of FS, where thread-local storage is. It is hostile. */
  public long fsBase() {
    return contexts.isOwner(this) ? vcpu.specialRegisters().fs().base() : area().fsBase();
  }

  /** Returns the base of GS. It is hostile. */
  public long gsBase() {
    return contexts.isOwner(this) ? vcpu.specialRegisters().gs().base() : area().gsBase();
  }

  /**
   * Sets the base of FS.
   *
   * @param base a user address or 0
   */
  public void setFsBase(long base) {
    requireUserBase(base);
    if (!contexts.isOwner(this)) {
      area().setFsBase(base);
      return;
    }
    SpecialRegisters special = vcpu.specialRegisters();
    vcpu.setSpecialRegisters(
        special.withUserSegments(
            special.cs(), special.ss(), special.fs().withBase(base), special.gs()));
    contexts.processor().disturb();
  }

  /**
   * Sets the base of GS.
   *
   * @param base a user address or 0
   */
  public void setGsBase(long base) {
    requireUserBase(base);
    if (!contexts.isOwner(this)) {
      area().setGsBase(base);
      return;
    }
    SpecialRegisters special = vcpu.specialRegisters();
    vcpu.setSpecialRegisters(
        special.withUserSegments(
            special.cs(), special.ss(), special.fs(), special.gs().withBase(base)));
    contexts.processor().disturb();
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
    return contexts.isOwner(this) ? vcpu.extendedState() : area().state();
  }

  @Override
  public void resetExtendedState() {
    byte[] initial = new byte[XSAVE_SIZE];
    ByteBuffer.wrap(initial)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putShort(X87_CONTROL, Gate.X87_CONTROL_INITIAL)
        .putInt(MXCSR, Gate.MXCSR_INITIAL)
        .putLong(COMPONENTS, X87_AND_SSE);
    setExtendedState(initial);
  }

  @Override
  public boolean setExtendedState(byte[] state) {
    if (!contexts.isOwner(this)) {
      boolean possible = area().isPossible(state);
      if (possible) {
        area().setState(state);
      }
      return possible;
    }
    try {
      vcpu.setExtendedState(state);
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
