package io.hyperlight.internal.linux.futex;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.machine.memory.GuestAddressException;
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
   * Changes a word in one access.
   *
   * @return false if it cannot be written
   */
  static boolean change(GuestMemory memory, long word, IntUnaryOperator change) {
    try {
      int found = memory.readWord(word);
      while (!memory.replaceWord(word, found, change.applyAsInt(found))) {
        found = memory.readWord(word);
      }
      return true;
    } catch (GuestAddressException e) {
      return false;
    }
  }
}
