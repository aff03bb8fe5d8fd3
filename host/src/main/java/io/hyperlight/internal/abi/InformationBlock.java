package io.hyperlight.internal.abi;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The information block: what a guest can read about its sandbox, at a fixed address. It is
 * little-endian. The guest library's header repeats the offsets.
 */
public final class InformationBlock {
  /** The address of the block in every guest. */
  public static final long ADDRESS = 0x1_1000;

  public static final int SIZE = 40;

  static final int ABI_VERSION = 0;
  static final int FRAME = 8;
  static final int WINDOW = 16;
  static final int HEAP = 24;
  static final int HOST_CALL_ROUTINE = 32;

  private InformationBlock() {}

  /**
   * Returns the bytes of a block.
   *
   * @param frame the address of the {@link CallFrame}
   * @param window where the window begins
   * @param heap where the heap begins
   * @param hostCallRoutine the routine that does what {@link Hypercall#HOST} does
   */
  public static byte[] bytes(long frame, long window, long heap, long hostCallRoutine) {
    return ByteBuffer.allocate(SIZE)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(ABI_VERSION, GuestAbi.VERSION)
        .putLong(FRAME, frame)
        .putLong(WINDOW, window)
        .putLong(HEAP, heap)
        .putLong(HOST_CALL_ROUTINE, hostCallRoutine)
        .array();
  }
}
