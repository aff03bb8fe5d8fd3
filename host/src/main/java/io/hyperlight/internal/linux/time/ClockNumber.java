package io.hyperlight.internal.linux.time;

import io.hyperlight.internal.linux.wait.Deadline;

/** The numbers by which Linux names the clocks of a machine and of its caller: {@code time.h}. */
public final class ClockNumber {
  public static final int REALTIME = 0;
  public static final int MONOTONIC = 1;
  public static final int PROCESS_CPUTIME = 2;
  public static final int THREAD_CPUTIME = 3;
  public static final int MONOTONIC_RAW = 4;
  public static final int REALTIME_COARSE = 5;
  public static final int MONOTONIC_COARSE = 6;
  public static final int BOOTTIME = 7;
  public static final int REALTIME_ALARM = 8;
  public static final int BOOTTIME_ALARM = 9;
  public static final int TAI = 11;

  /** A number between the others. The clock of an SGI machine had it. */
  private static final int NO_LONGER_USED = 10;

  private ClockNumber() {}

  /** Answers whether a number that is not negative is that of a clock. */
  public static boolean isKnown(int number) {
    return number >= REALTIME && number <= TAI && number != NO_LONGER_USED;
  }

  /** Answers whether a clock wakes up a machine that sleeps. That takes a privilege. */
  public static boolean wakes(int number) {
    return number == REALTIME_ALARM || number == BOOTTIME_ALARM;
  }

  /**
   * Returns the clock of the world that a number means.
   *
   * @param number a {@linkplain #isKnown known} one
   */
  public static Deadline.Clock clock(int number) {
    return switch (number) {
      case REALTIME, REALTIME_COARSE, REALTIME_ALARM, TAI -> Deadline.Clock.REAL;
      case BOOTTIME, BOOTTIME_ALARM -> Deadline.Clock.BOOT;
      case PROCESS_CPUTIME, THREAD_CPUTIME -> Deadline.Clock.PROCESSOR;
      default -> Deadline.Clock.MONOTONIC;
    };
  }
}
