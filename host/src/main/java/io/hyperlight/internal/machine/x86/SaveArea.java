package io.hyperlight.internal.machine.x86;

import io.hyperlight.internal.hypervisor.x86.SpecialRegisters;
import io.hyperlight.internal.hypervisor.x86.X86VirtualCpu;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The page of a context for its vector state and bases while another context uses the vCPU (Intel
 * SDM vol. 1, "XSAVE Area").
 *
 * <p><b>Boundary.</b> User code can write it. Whatever it contains, {@link #state} returns a state
 * that XRSTOR takes, and the bases are some that a processor can have.
 */
final class SaveArea {
  private static final int SIZE = 4096;
  private static final int MXCSR = 24;
  private static final int MXCSR_MASK = 28;
  private static final int MXCSR_DEFINED = 0xffff;
  private static final int SOFTWARE = 464;
  private static final int COMPONENTS = 512;
  private static final int HEADER_END = 576;

  /** The largest area in the standard format with the components that guests may use. */
  private static final int STATE_END = 2688;

  private final PhysicalMemory memory;
  private final long xcr0;

  /** The address of the guest. */
  final long address;

  private final long physical;

  SaveArea(PhysicalMemory memory, long xcr0, long address, long physical) {
    this.memory = memory;
    this.xcr0 = xcr0;
    this.address = address;
    this.physical = physical;
  }

  /** Returns the vector state, as far as a processor can be in it. */
  byte[] state() {
    byte[] area = new byte[SIZE];
    memory.get(physical, area, 0, STATE_END);
    return possible(area);
  }

  /** Returns whether a state is one that XRSTOR takes. */
  boolean isPossible(byte[] area) {
    ByteBuffer buffer = ByteBuffer.wrap(area).order(ByteOrder.LITTLE_ENDIAN);
    return (buffer.getInt(MXCSR) & ~MXCSR_DEFINED) == 0
        && (buffer.getLong(COMPONENTS) & ~xcr0) == 0;
  }

  /** Sets the vector state. */
  void setState(byte[] area) {
    memory.put(physical, possible(area.clone()), 0, STATE_END);
  }

  /** Takes vector state and bases of a vCPU, which does not run. */
  void save(X86VirtualCpu vcpu) {
    SpecialRegisters special = vcpu.specialRegisters();
    setState(vcpu.extendedState());
    setFsBase(special.fs().base());
    setGsBase(special.gs().base());
  }

  /** Makes an area one that XRSTOR takes. KVM itself shows components that are not in XCR0. */
  private byte[] possible(byte[] area) {
    ByteBuffer buffer = ByteBuffer.wrap(area).order(ByteOrder.LITTLE_ENDIAN);
    buffer.putInt(MXCSR, buffer.getInt(MXCSR) & MXCSR_DEFINED);
    buffer.putInt(MXCSR_MASK, 0);
    long components = buffer.getLong(COMPONENTS) & xcr0;
    Arrays.fill(area, SOFTWARE, HEADER_END, (byte) 0);
    buffer.putLong(COMPONENTS, components);
    return area;
  }

  /** Returns the base of FS, as far as a processor can have it. */
  long fsBase() {
    return canonical(memory.getLong(physical + ContextSwitchCode.FS_BASE));
  }

  /** Returns the base of GS, as far as a processor can have it. */
  long gsBase() {
    return canonical(memory.getLong(physical + ContextSwitchCode.GS_BASE));
  }

  /** A base has 48 bits and their sign (Intel SDM vol. 1, "Canonical Addressing"). */
  private static long canonical(long base) {
    return base << 16 >> 16;
  }

  void setFsBase(long base) {
    memory.putLong(physical + ContextSwitchCode.FS_BASE, base);
  }

  void setGsBase(long base) {
    memory.putLong(physical + ContextSwitchCode.GS_BASE, base);
  }
}
