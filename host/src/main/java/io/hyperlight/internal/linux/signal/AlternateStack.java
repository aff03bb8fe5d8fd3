package io.hyperlight.internal.linux.signal;

import io.hyperlight.internal.linux.base.GuestMemory;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Reads and writes {@code stack_t}: the stack that a task's handlers run on if they ask for it. */
final class AlternateStack {
  static final int SS_AUTODISARM = 1 << 31;
  private static final int SS_ONSTACK = 1;
  private static final int SS_DISABLE = 2;
  private static final long MINSIGSTKSZ = 2048;

  /** The size of {@code stack_t} in bytes. */
  static final int SIZE = 24;

  private AlternateStack() {}

  /** Returns a {@code stack_t} for code with this stack pointer. */
  static ByteBuffer struct(SignalState.Stack stack, long stackPointer) {
    int flags = stack.sizeBytes() == 0 ? SS_DISABLE : stack.contains(stackPointer) ? SS_ONSTACK : 0;
    return GuestMemory.struct(SIZE)
        .putLong(0, stack.start())
        .putInt(8, flags | stack.flags())
        .putLong(16, stack.sizeBytes());
  }

  /** Answers whether {@code sigaltstack(2)} knows the flags. */
  static boolean hasKnownFlags(ByteBuffer struct) {
    int mode = mode(struct);
    return mode == 0 || mode == SS_ONSTACK || mode == SS_DISABLE;
  }

  private static int mode(ByteBuffer struct) {
    return struct.getInt(8) & ~SS_AUTODISARM;
  }

  /**
   * Returns the stack that a {@code stack_t} describes.
   *
   * @return null if it is too small
   */
  static SignalState.@Nullable Stack of(ByteBuffer struct) {
    long size = struct.getLong(16);
    if ((struct.getInt(8) & SS_DISABLE) != 0) {
      return SignalState.Stack.NONE;
    }
    return size < MINSIGSTKSZ
        ? null
        : new SignalState.Stack(struct.getLong(0), size, struct.getInt(8) & SS_AUTODISARM);
  }
}
