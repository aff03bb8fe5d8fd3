package io.hyperlight.internal.linux.futex;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.os.Checkpoint;
import java.util.function.IntUnaryOperator;

/** The parts of a word that is a lock with priority inheritance, or a robust lock. */
final class FutexWords {
  /** The number of the thread that has the lock. */
  static final int OWNER = 0x3fff_ffff;

  /** An earlier owner has ended and still had the lock. */
  static final int OWNER_DIED = 0x4000_0000;

  /** To unlock takes a system call, since somebody may wait. */
  static final int WAITERS = 0x8000_0000;

  private FutexWords() {}

  /**
   * Changes a word in one access. Other processors may change it all the time, so this may take any
   * number of attempts, with a checkpoint before each.
   *
   * @return what it was before
   * @throws io.hyperlight.internal.machine.memory.GuestAddressException if it cannot be written
   */
  static int change(GuestMemory memory, Checkpoint checkpoint, long word, IntUnaryOperator change) {
    while (true) {
      checkpoint.pass();
      int found = memory.readWord(word);
      if (memory.replaceWord(word, found, change.applyAsInt(found))) {
        return found;
      }
    }
  }
}
