package io.hyperlight.internal.abi;

/**
 * The numbers, in RAX, of the system calls that belong to this library. docs/guest-abi.md describes
 * their registers. The guest library's header repeats the numbers.
 */
public final class Hypercall {
  /** The gate says that a call is over. */
  public static final int DONE = 0x484c_0000;

  /** The guest calls a host function. */
  public static final int HOST = 0x484c_0001;

  /** The guest gives up because a host function has failed. */
  public static final int GIVE_UP = 0x484c_0002;

  /** The guest says that it cannot go on, and why. */
  public static final int ABORT = 0x484c_0003;

  /** The guest logs a line. */
  public static final int LOG = 0x484c_0004;

  /** The guest needs more of the window. */
  public static final int GROW_WINDOW = 0x484c_0005;

  /** A program that starts itself says that calls may come. */
  public static final int READY = 0x484c_0006;

  /**
   * The gate says that it has waited long enough for a message, or that the host is asleep. The
   * host answers nothing.
   */
  public static final int REST = 0x484c_0007;

  /** The number of levels of {@link #LOG}: 0 (trace) to 4 (error). */
  public static final int LOG_LEVELS = 5;

  /** The upper half of all these numbers: the letters HL. No system call of Linux has it. */
  private static final long UPPER_HALF = 0x484c;

  private Hypercall() {}

  /**
   * Returns whether a number is one of this library's, known or not. The number comes from a guest
   * and may be any.
   */
  public static boolean isOne(long number) {
    return number >>> 16 == UPPER_HALF;
  }
}
