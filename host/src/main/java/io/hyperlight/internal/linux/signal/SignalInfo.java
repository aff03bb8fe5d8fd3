package io.hyperlight.internal.linux.signal;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.base.TaskIdentity;
import java.nio.ByteBuffer;

/**
 * What a signal is about: {@code siginfo_t}. Of its union it has as much as the kernel keeps.
 *
 * @param signal {@code si_signo}
 * @param error {@code si_errno}
 * @param code {@code si_code}
 * @param first what is there depends on the code: an address, or the sender's process and user
 * @param second of a signal with a value, that value
 * @param third the rest of the union
 * @param fourth likewise
 */
public record SignalInfo(
    int signal, int error, int code, long first, long second, long third, long fourth) {
  /** {@code siginfo_t} is as long as this, mostly zeros. */
  static final int SIZE = 128;

  static final int SI_USER = 0;
  public static final int SI_KERNEL = 0x80;
  static final int SI_TKILL = -6;

  private static final int SI_DETHREAD = -7;
  private static final int SI_ASYNCNL = -60;

  /** The largest {@code si_code} of those that a kernel uses for many signals: {@code NSIGPOLL}. */
  private static final int NSIGPOLL = 6;

  private static final int UNION = 16;

  /** One that has a code and one more number. */
  public SignalInfo(int signal, int code, long first) {
    this(signal, 0, code, first, 0, 0, 0);
  }

  /** A signal that a task sends. */
  static SignalInfo sent(int signal, int code, TaskIdentity sender) {
    return new SignalInfo(signal, code, sender.process() | (long) sender.user() << Integer.SIZE);
  }

  /** One that is pending without a record of its own: there were too many. */
  static SignalInfo forgotten(int signal) {
    return new SignalInfo(signal, SI_USER, 0);
  }

  /**
   * What a program says that a signal is about.
   *
   * @param contents a {@code siginfo_t}, with anything in it
   */
  static SignalInfo of(int signal, ByteBuffer contents) {
    return new SignalInfo(
        signal,
        contents.getInt(4),
        contents.getInt(8),
        contents.getLong(UNION),
        contents.getLong(UNION + 8),
        contents.getLong(UNION + 16),
        contents.getLong(UNION + 24));
  }

  /** Whether only such a kernel could understand it that has more in the union than ours. */
  static boolean isTooLarge(ByteBuffer contents) {
    int code = contents.getInt(8);
    boolean known =
        code == SI_KERNEL
            || code == SI_ASYNCNL
            || (code <= SI_USER ? code >= SI_DETHREAD : code <= NSIGPOLL);
    boolean zeros = true;
    for (int at = UNION + 32; at < SIZE; at++) {
      zeros &= contents.get(at) == 0;
    }
    return !known && !zeros;
  }

  /** {@code siginfo_t}. */
  ByteBuffer contents() {
    return GuestMemory.struct(SIZE)
        .putInt(0, signal)
        .putInt(4, error)
        .putInt(8, code)
        .putLong(UNION, first)
        .putLong(UNION + 8, second)
        .putLong(UNION + 16, third)
        .putLong(UNION + 24, fourth);
  }
}
