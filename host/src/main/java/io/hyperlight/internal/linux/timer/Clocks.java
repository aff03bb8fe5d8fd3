package io.hyperlight.internal.linux.timer;

import io.hyperlight.internal.linux.time.ClockNumber;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;

/** The clocks by which timers of {@code timer_create(2)} can run. */
final class Clocks {
  private Clocks() {}

  /**
   * Checks that a timer can run by a clock.
   *
   * @throws FileException EINVAL, ENOTSUP
   */
  static void require(int number) {
    switch (number) {
      case ClockNumber.REALTIME,
          ClockNumber.MONOTONIC,
          ClockNumber.PROCESS_CPUTIME,
          ClockNumber.THREAD_CPUTIME,
          ClockNumber.BOOTTIME,
          ClockNumber.TAI -> {}
      default ->
          // Alarms wake a machine up, which has to have a clock for that.
          throw new FileException(ClockNumber.isKnown(number) ? Errno.ENOTSUP : Errno.EINVAL);
    }
  }
}
