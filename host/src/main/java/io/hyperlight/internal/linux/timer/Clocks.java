package io.hyperlight.internal.linux.timer;

import io.hyperlight.internal.linux.wait.Deadline;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;

/** The clocks by which timers of {@code timer_create(2)} can run. */
final class Clocks {
  private static final int CLOCK_REALTIME = 0;
  private static final int CLOCK_MONOTONIC = 1;
  private static final int CLOCK_PROCESS = 2;
  private static final int CLOCK_THREAD = 3;
  private static final int CLOCK_BOOTTIME = 7;
  private static final int CLOCK_REALTIME_ALARM = 8;
  private static final int CLOCK_BOOTTIME_ALARM = 9;
  private static final int CLOCK_TAI = 11;

  private Clocks() {}

  /**
   * Checks that a timer can run by a clock.
   *
   * @throws FileException EINVAL, ENOTSUP
   */
  static void require(int number) {
    switch (number) {
      case CLOCK_REALTIME,
          CLOCK_MONOTONIC,
          CLOCK_PROCESS,
          CLOCK_THREAD,
          CLOCK_BOOTTIME,
          CLOCK_TAI -> {}
      // These wake a machine up, which has to have a clock for that.
      case CLOCK_REALTIME_ALARM, CLOCK_BOOTTIME_ALARM -> throw new FileException(Errno.ENOTSUP);
      case 4, 5, 6 -> throw new FileException(Errno.ENOTSUP); // raw and coarse clocks
      default -> throw new FileException(Errno.EINVAL);
    }
  }

  /** Returns the clock of the world that a number means. */
  static Deadline.Clock byNumber(int number) {
    return switch (number) {
      case CLOCK_MONOTONIC -> Deadline.Clock.MONOTONIC;
      case CLOCK_BOOTTIME -> Deadline.Clock.BOOT;
      case CLOCK_PROCESS, CLOCK_THREAD -> Deadline.Clock.PROCESSOR;
      default -> Deadline.Clock.REAL;
    };
  }
}
