package io.hyperlight.internal.linux.x86;

import io.hyperlight.internal.hypervisor.x86.Register;
import io.hyperlight.internal.machine.arch.RegisterValues;
import io.hyperlight.internal.machine.arch.UserRegisters;
import io.hyperlight.internal.machine.x86.X86Registers;
import io.hyperlight.internal.machine.x86.X86UserRegisters;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The frame that Linux puts on the stack of a signal handler on x86-64: {@code struct rt_sigframe}.
 * It has the handler's return address, a {@code ucontext_t} with the registers of the interrupted
 * code, and a {@code siginfo_t}. Above them are x87 and vector state as XSAVE writes it. The
 * layouts are those of {@code asm/sigcontext.h}, {@code asm-generic/ucontext.h} and {@code
 * asm-generic/siginfo.h}.
 *
 * <p><b>Boundary.</b> A frame is read back when the handler returns. It can then hold anything.
 */
public final class SignalFrame {
  // Offsets in a frame.
  private static final int CONTEXT = 8;
  private static final int STACK = CONTEXT + 16;
  private static final int REGISTERS = CONTEXT + 40;
  private static final int SELECTORS = REGISTERS + 144;
  private static final int ERROR_CODE = REGISTERS + 152;
  private static final int VECTOR = REGISTERS + 160;
  private static final int OLD_MASK = REGISTERS + 168;
  private static final int FAULT_ADDRESS = REGISTERS + 176;
  private static final int EXTENDED_POINTER = REGISTERS + 184;
  private static final int MASK = CONTEXT + 296;
  private static final int INFO = CONTEXT + 304;
  private static final int INFO_SIZE = 128;
  private static final int SIZE = INFO + INFO_SIZE;

  private static final int STACK_SIZE = 24;

  /** The registers in the order of {@code struct sigcontext}. */
  private static final Register[] ORDER = {
    Register.R8,
    Register.R9,
    Register.R10,
    Register.R11,
    Register.R12,
    Register.R13,
    Register.R14,
    Register.R15,
    Register.RDI,
    Register.RSI,
    Register.RBP,
    Register.RBX,
    Register.RDX,
    Register.RAX,
    Register.RCX,
    Register.RSP,
    Register.RIP,
    Register.RFLAGS
  };

  /** UC_FP_XSTATE, UC_SIGCONTEXT_SS, UC_STRICT_RESTORE_SS. */
  private static final long CONTEXT_FLAGS = 7;

  /** CS 0x33, GS and FS 0, SS 0x2b: what programs see under Linux. */
  private static final long SELECTORS_OF_LINUX = 0x33L | 0x2bL << 48;

  // The XSAVE area (Intel SDM vol. 1, "XSAVE Area"), and what Linux adds in its unused part.
  private static final int LEGACY_SIZE = 512;
  private static final int HEADER_END = 576;
  private static final int SOFTWARE = 464;
  private static final int MAGIC_1 = 0x4650_5853;
  private static final int MAGIC_2 = 0x4650_5845;
  private static final int MXCSR = 24;
  private static final int MXCSR_MASK_FIELD = 28;
  private static final int MXCSR_DEFINED = 0xffff;

  private static final int AREA_SIZE = 4096;

  // The components AVX and AVX-512, and where each ends in XSAVE's standard format. No processor's
  // format is larger.
  private static final long AVX = 1 << 2;
  private static final long AVX_512 = 7 << 5;
  private static final int AVX_END = 832;
  private static final int AVX_512_END = 2688;

  private final long address;
  private final byte[] extendedState;
  private final long xcr0;

  private SignalFrame(long address, byte[] extendedState, long xcr0) {
    this.address = address;
    this.extendedState = extendedState;
    this.xcr0 = xcr0;
  }

  /** Holds the processor exception that caused the signal; zeros if there was none. */
  public record Cause(int vector, long errorCode, long address) {
    public static final Cause NONE = new Cause(0, 0, 0);
  }

  /**
   * Holds the state in a frame with which the task continues.
   *
   * @param extendedState null for the x87 and vector state of a new program
   */
  public record Saved(
      RegisterValues registers,
      @Nullable ByteBuffer extendedState,
      long blocked,
      ByteBuffer stack) {}

  /** The memory from which frames are read. */
  @FunctionalInterface
  public interface Memory {
    /**
     * Reads bytes.
     *
     * @throws io.hyperlight.internal.machine.memory.GuestAddressException if they are not in memory
     */
    byte[] read(long address, int size);
  }

  private static ByteBuffer struct(Memory memory, long address, int size) {
    return ByteBuffer.wrap(memory.read(address, size)).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Returns a frame below an address, aligned as handlers expect it. */
  public static SignalFrame below(long top, UserRegisters interrupted) {
    long xcr0 = ((X86UserRegisters) interrupted).xcr0();
    int size = extendedSize(xcr0);
    long extended = (top - (size + Integer.BYTES)) & -64L;
    // The layout after a call of the handler: a return address on top of an aligned stack.
    long address = ((extended - SIZE) & -16L) - Long.BYTES;
    return new SignalFrame(address, interrupted.extendedState(), xcr0);
  }

  private static int extendedSize(long xcr0) {
    if ((xcr0 & AVX_512) != 0) {
      return AVX_512_END;
    }
    return (xcr0 & AVX) != 0 ? AVX_END : HEADER_END;
  }

  private long extendedAddress() {
    // SIZE and alignment leave less than 64 bytes between the frame and the area.
    return (address + SIZE + 63) & -64L;
  }

  /** Returns the frame's address. A handler's RSP points there. */
  public long address() {
    return address;
  }

  public long contextAddress() {
    return address + CONTEXT;
  }

  public long infoAddress() {
    return address + INFO;
  }

  public ByteBuffer contents(
      long restorer,
      byte[] info,
      RegisterValues registers,
      Cause cause,
      long blocked,
      byte[] stack) {
    int extendedOffset = (int) (extendedAddress() - address);
    int extendedSize = extendedSize(xcr0);
    ByteBuffer frame =
        ByteBuffer.allocate(extendedOffset + extendedSize + Integer.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(0, restorer)
            .putLong(CONTEXT, CONTEXT_FLAGS)
            .put(STACK, stack);
    X86Registers general = (X86Registers) registers;
    for (int i = 0; i < ORDER.length; i++) {
      frame.putLong(REGISTERS + Long.BYTES * i, general.get(ORDER[i]));
    }
    frame
        .putLong(SELECTORS, SELECTORS_OF_LINUX)
        .putLong(ERROR_CODE, cause.errorCode)
        .putLong(VECTOR, cause.vector)
        .putLong(OLD_MASK, blocked)
        .putLong(FAULT_ADDRESS, cause.address)
        .putLong(EXTENDED_POINTER, extendedAddress())
        .putLong(MASK, blocked)
        .put(INFO, info);
    frame.put(extendedOffset, extendedState, 0, extendedSize);
    frame
        .putInt(extendedOffset + SOFTWARE, MAGIC_1)
        .putInt(extendedOffset + SOFTWARE + 4, extendedSize + Integer.BYTES)
        .putLong(extendedOffset + SOFTWARE + 8, xcr0)
        .putInt(extendedOffset + SOFTWARE + 16, extendedSize)
        .putInt(extendedOffset + extendedSize, MAGIC_2);
    return frame;
  }

  /**
   * Reads a frame.
   *
   * @throws io.hyperlight.internal.machine.memory.GuestAddressException if it is not in memory
   */
  public static Saved read(Memory memory, long address, UserRegisters registersOfTask) {
    long xcr0 = ((X86UserRegisters) registersOfTask).xcr0();
    ByteBuffer frame = struct(memory, address, INFO);
    Map<Register, Long> registers = new EnumMap<>(Register.class);
    for (int i = 0; i < ORDER.length; i++) {
      registers.put(ORDER[i], frame.getLong(REGISTERS + Long.BYTES * i));
    }
    long extended = frame.getLong(EXTENDED_POINTER);
    byte[] stack = new byte[STACK_SIZE];
    frame.get(STACK, stack);
    return new Saved(
        X86Registers.of(registers),
        extended == 0 ? null : readExtended(memory, extended, xcr0),
        frame.getLong(MASK),
        ByteBuffer.wrap(stack).order(ByteOrder.LITTLE_ENDIAN));
  }

  /** Reads extended state. XRSTOR accepts the result whatever the memory holds. */
  private static ByteBuffer readExtended(Memory memory, long address, long xcr0) {
    ByteBuffer start = struct(memory, address, LEGACY_SIZE);
    boolean isWhole =
        start.getInt(SOFTWARE) == MAGIC_1 && start.getInt(SOFTWARE + 16) == extendedSize(xcr0);
    byte[] area = new byte[AREA_SIZE];
    start.get(0, area, 0, LEGACY_SIZE);
    if (isWhole) {
      int rest = extendedSize(xcr0) - LEGACY_SIZE;
      System.arraycopy(memory.read(address + LEGACY_SIZE, rest), 0, area, LEGACY_SIZE, rest);
    }
    ByteBuffer buffer = ByteBuffer.wrap(area).order(ByteOrder.LITTLE_ENDIAN);
    buffer.putInt(MXCSR, buffer.getInt(MXCSR) & MXCSR_DEFINED);
    buffer.putInt(MXCSR_MASK_FIELD, 0);
    // Without a header, there is only x87 and SSE state.
    long components = isWhole ? buffer.getLong(LEGACY_SIZE) & xcr0 : 3;
    Arrays.fill(area, SOFTWARE, HEADER_END, (byte) 0);
    return buffer.putLong(LEGACY_SIZE, components);
  }
}
