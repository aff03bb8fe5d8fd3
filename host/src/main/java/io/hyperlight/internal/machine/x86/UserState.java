package io.hyperlight.internal.machine.x86;

import io.hyperlight.internal.abi.CallFrame;
import io.hyperlight.internal.hypervisor.x86.X86VirtualCpu;
import io.hyperlight.internal.machine.arch.RestingState;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The processor state of user code that outlives a call: what functions preserve beside the general
 * registers in the C calling convention, and the address of thread-local storage. User code can
 * change all of it, so it may have any value that the processor itself accepts.
 *
 * @param mxcsr rounding, masks and flags of SSE
 * @param x87Control the x87 control word
 * @param fsBase a canonical address
 * @param gsBase a canonical address
 */
public record UserState(int mxcsr, short x87Control, long fsBase, long gsBase)
    implements RestingState {
  /** The state of a new program. */
  public static final UserState INITIAL =
      new UserState(Gate.MXCSR_INITIAL, Gate.X87_CONTROL_INITIAL, 0, 0);

  /** The flags of past exceptions, which are not kept. */
  private static final int MXCSR_FLAGS = 0x3f;

  private static final int MXCSR_DEFINED = 0xffff;

  /** Offsets in an XSAVE area (Intel SDM vol. 1, "Legacy Region of an XSAVE Area"). */
  private static final int X87_CONTROL = 0;

  private static final int MXCSR = 24;

  /**
   * Returns whether it could be that of a vCPU at rest, with addresses that are canonical under
   * four-level paging. Other values would fault in the gate: a reserved bit of MXCSR in its XRSTOR,
   * an address in its WRFSBASE.
   */
  public boolean isPossible() {
    return (mxcsr & ~(MXCSR_DEFINED & ~MXCSR_FLAGS)) == 0
        && isCanonical(fsBase)
        && isCanonical(gsBase);
  }

  private static boolean isCanonical(long address) {
    return address << 16 >> 16 == address;
  }

  @Override
  public void putInto(PhysicalMemory memory, long frame) {
    memory.putLong(frame + CallFrame.FS_BASE, fsBase);
    memory.putLong(frame + CallFrame.GS_BASE, gsBase);
  }

  @Override
  public void putInto(AddressSpace space) {
    Gate.setResetState(space, this);
  }

  /** Reads the state of a vCPU at rest. */
  public static UserState of(X86VirtualCpu vcpu) {
    var special = vcpu.specialRegisters();
    return of(vcpu.extendedState(), special.fs().base(), special.gs().base());
  }

  /**
   * Takes the state of code that rests from an XSAVE area. All values may come from user code, so a
   * base that no processor can have becomes 0.
   */
  static UserState of(byte[] extendedState, long fsBase, long gsBase) {
    ByteBuffer area = ByteBuffer.wrap(extendedState).order(ByteOrder.LITTLE_ENDIAN);
    return new UserState(
        area.getInt(MXCSR) & MXCSR_DEFINED & ~MXCSR_FLAGS,
        area.getShort(X87_CONTROL),
        isCanonical(fsBase) ? fsBase : 0,
        isCanonical(gsBase) ? gsBase : 0);
  }
}
