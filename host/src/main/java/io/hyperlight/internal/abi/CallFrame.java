package io.hyperlight.internal.abi;

/**
 * The call frame: the last kibibyte of the call stack's top page. The host and the gate exchange
 * the registers of a call through it. RSP points to the stack arguments when the gate calls, so
 * they need no copy.
 *
 * <p>The offsets are part of the guest ABI (docs/guest-abi.md). The guest library's header repeats
 * them, and a test compares both with the C compiler. All fields are eight bytes wide.
 */
public final class CallFrame {
  public static final int SIZE = 0x400;

  /** The maximum number of stack words of a call. */
  public static final int STACK_WORDS = 64;

  /**
   * The arguments passed on the stack, the first at the lowest address. RSP points here when the
   * gate starts.
   */
  public static final int STACK_ARGUMENTS = 0x000;

  /** RDI, RSI, RDX, RCX, R8, R9. */
  public static final int INTEGER_ARGUMENTS = 0x200;

  /** The low halves of XMM0 to XMM7. */
  public static final int SSE_ARGUMENTS = 0x230;

  /** The address to call. */
  public static final int TARGET = 0x270;

  /**
   * Flags of the call. Bit 0 ({@link #FLAG_RESET}): first reset segment registers, vector and x87
   * state, and segment bases.
   */
  public static final int FLAGS = 0x278;

  /** The FS base to load when the state is reset. */
  public static final int FS_BASE = 0x280;

  /** The next free byte of the window. Guest and host both advance it. */
  public static final int WINDOW_NEXT = 0x288;

  /** The end of the mapped part of the window. */
  public static final int WINDOW_END = 0x290;

  /**
   * The status, which the guest sets before it returns: 0, or 1 for an error with the message that
   * follows.
   */
  public static final int STATUS = 0x298;

  public static final int ERROR_ADDRESS = 0x2a0;
  public static final int ERROR_LENGTH = 0x2a8;

  /** The GS base to load when the state is reset. */
  public static final int GS_BASE = 0x2b0;

  // Messages, if calls make no exits. Those of the host are in a cache line of their own.

  /** The number of the host's last message. It is written last. */
  public static final int REQUEST = 0x300;

  /** How often the guest looks for the next message before it rests. */
  public static final int PATIENCE = 0x308;

  /** Whether the host sleeps, so that only an exit wakes it. */
  public static final int ASLEEP = 0x310;

  // The answer to a host call: the values of its registers.
  public static final int ANSWER_RAX = 0x318;
  public static final int ANSWER_RDX = 0x320;
  public static final int ANSWER_R8 = 0x328;

  // Messages of the guest, in another cache line.

  /** The number of the host's message that this one answers. It is written last. */
  public static final int RESPONSE = 0x340;

  // The message: the values that the registers would have at a system call.
  public static final int MESSAGE_RAX = 0x348;
  public static final int MESSAGE_RDI = 0x350;
  public static final int MESSAGE_RSI = 0x358;
  public static final int MESSAGE_RDX = 0x360;

  /** The bit of {@link #FLAGS} that asks for a reset. */
  public static final long FLAG_RESET = 1;

  private CallFrame() {}
}
