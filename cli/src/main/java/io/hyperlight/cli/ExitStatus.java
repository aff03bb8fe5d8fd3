package io.hyperlight.cli;

import io.hyperlight.error.GuestAbortException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.error.HypervisorException;
import io.hyperlight.error.InvalidGuestException;

/**
 * Defines the exit statuses of the commands. {@code run} ends with the status of its program. Its
 * own failures have the numbers that {@code timeout} and {@code docker run} use.
 */
final class ExitStatus {
  /** A command failed. */
  static final int FAILED = 1;

  /** The command line is wrong. */
  static final int USAGE = 2;

  /** This machine cannot run sandboxes: EX_UNAVAILABLE of sysexits.h. */
  static final int UNAVAILABLE = 69;

  /** A guest exceeded its time limit. */
  static final int TIMED_OUT = 124;

  /** {@code run} itself failed, so there is no status of a program. */
  static final int RUN_FAILED = 125;

  /** The program exists but cannot be run. */
  static final int NOT_EXECUTABLE = 126;

  /** The program does not exist. */
  static final int NOT_FOUND = 127;

  /** The number of a signal is added to this. */
  static final int FIRST_SIGNAL = 128;

  private static final int SIGILL = 4;
  private static final int SIGTRAP = 5;
  private static final int SIGBUS = 7;
  private static final int SIGFPE = 8;
  private static final int SIGSEGV = 11;

  private ExitStatus() {}

  /**
   * Returns the exit status of a command that failed.
   *
   * @param runs whether the command is {@code run}
   */
  static int of(Exception failure, boolean runs) {
    return switch (failure) {
      case UserException user when runs -> user.status();
      case GuestTimeoutException _ -> TIMED_OUT;
      case InvalidGuestException e when runs && e.kind() == InvalidGuestException.Kind.FORMAT ->
          NOT_EXECUTABLE;
      case Exception _ when runs -> RUN_FAILED;
      case GuestAbortException abort -> FIRST_SIGNAL + abort.signal();
      case GuestFaultException fault -> FIRST_SIGNAL + signal(fault.kind());
      case HypervisorException e when e.kind() == HypervisorException.Kind.UNAVAILABLE ->
          UNAVAILABLE;
      default -> FAILED;
    };
  }

  /** Returns the signal that Linux sends for a fault. */
  private static int signal(GuestFaultException.Kind kind) {
    return switch (kind) {
      case ILLEGAL_INSTRUCTION -> SIGILL;
      case DEBUG -> SIGTRAP;
      case ALIGNMENT -> SIGBUS;
      case DIVISION, FLOATING_POINT -> SIGFPE;
      default -> SIGSEGV;
    };
  }
}
