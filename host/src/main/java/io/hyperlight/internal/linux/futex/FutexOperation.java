package io.hyperlight.internal.linux.futex;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;

/**
 * The operation of FUTEX_WAKE_OP: it changes a word and compares what the word was before. It is
 * encoded in one argument: {@code FUTEX_OP} in {@code futex(2)}.
 */
final class FutexOperation {
  private static final int SHIFTED = 8;

  private final GuestMemory memory;
  private final Checkpoint checkpoint;

  FutexOperation(GuestMemory memory, Checkpoint checkpoint) {
    this.memory = memory;
    this.checkpoint = checkpoint;
  }

  /**
   * Changes a word.
   *
   * @param encoded hostile
   * @return whether the comparison was true
   * @throws FileException ENOSYS for what does not exist; the word may be changed then, as Linux
   *     does it
   */
  boolean run(long word, int encoded) {
    int operand = encoded << 8 >> 20;
    int argument = encoded << 20 >> 20;
    if ((encoded >>> 28 & SHIFTED) != 0) {
      operand = 1 << (operand & 31);
    }
    int operation = encoded >>> 28 & 7;
    if (operation > 4) {
      throw new FileException(Errno.ENOSYS);
    }
    int value = operand;
    int old =
        FutexWords.change(memory, checkpoint, word, found -> changed(operation, found, value));
    return switch (encoded >>> 24 & 15) {
      case 0 -> old == argument;
      case 1 -> old != argument;
      case 2 -> old < argument;
      case 3 -> old <= argument;
      case 4 -> old > argument;
      case 5 -> old >= argument;
      default -> throw new FileException(Errno.ENOSYS);
    };
  }

  private static int changed(int operation, int old, int operand) {
    return switch (operation) {
      case 0 -> operand;
      case 1 -> old + operand;
      case 2 -> old | operand;
      case 3 -> old & ~operand;
      default -> old ^ operand;
    };
  }
}
