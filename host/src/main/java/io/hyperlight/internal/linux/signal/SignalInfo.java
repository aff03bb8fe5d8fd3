package io.hyperlight.internal.linux.signal;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.base.TaskIdentity;
import java.nio.ByteBuffer;

/**
 * Holds the information about a signal: {@code siginfo_t}. It has as much of the union as the
 * kernel keeps.
 *
 * @param signal {@code si_signo}
 * @param error {@code si_errno}
 * @param code {@code si_code}
 * @param first depends on the code: an address, or the sender's process and user
 * @param second the value of a signal that has one
 * @param third the rest of the union
 * @param fourth also the rest of the union
 */
public record SignalInfo(
    int signal, int error, int code, long first, long second, long third, long fourth) {
  /** The size of {@code siginfo_t} in bytes. Most of it is zeros. */
  static final int SIZE = 128;

  static final int SI_USER = 0;
  public static final int SI_KERNEL = 0x80;
  static final int SI_TKILL = -6;

  /** The code of a signal of {@code timer_create(2)}. */
  public static final int SI_TIMER = -2;

  private static final int SI_DETHREAD = -7;
  private static final int SI_ASYNCNL = -60;

  /** The largest {@code si_code} that the kernel uses for several signals: {@code NSIGPOLL}. */
  private static final int NSIGPOLL = 6;

  private static final int UNION = 16;

  /** Creates the information of a signal with a code and one more number. */
  public SignalInfo(int signal, int code, long first) {
    this(signal, 0, code, first, 0, 0, 0);
  }

  /** Returns the information of a signal that a task sends. */
  static SignalInfo sent(int signal, int code, TaskIdentity sender) {
    return new SignalInfo(signal, code, sender.process() | (long) sender.user() << Integer.SIZE);
  }

  /**
   * Returns the information of a pending signal that has no record, because there were too many.
   */
  static SignalInfo forgotten(int signal) {
    return new SignalInfo(signal, SI_USER, 0);
  }

  /**
   * Returns the information of a timer's signal.
   *
   * @param setting a number that {@link #timerSetting} returns until the signal is delivered
   */
  public static SignalInfo ofTimer(int signal, int timer, long value, int setting) {
    return new SignalInfo(signal, 0, SI_TIMER, Integer.toUnsignedLong(timer), value, setting, 0);
  }

  /** Returns the number of the timer that has sent it. A program may have forged it. */
  public int timerId() {
    return (int) first;
  }

  /** Returns the setting of the timer that has sent it. A program may have forged it. */
  public int timerSetting() {
    return (int) third;
  }

  /** Returns the information of a timer's signal as the program sees it. */
  public SignalInfo withOverrun(int overrun) {
    long id = first & 0xffff_ffffL;
    return new SignalInfo(
        signal, error, code, id | (long) overrun << Integer.SIZE, second, 0, fourth);
  }

  /**
   * Returns the information that a program provides.
   *
   * @param contents a {@code siginfo_t} with any contents
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

  /**
   * Answers whether the union holds more than this library keeps, for a code that it does not know.
   */
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

  /** Returns a {@code siginfo_t}. */
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
