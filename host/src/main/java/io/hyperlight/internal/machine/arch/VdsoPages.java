package io.hyperlight.internal.machine.arch;

import io.hyperlight.internal.abi.GuestAbi;
import io.hyperlight.internal.abi.InformationBlock;

/**
 * Where the vDSO of a program lies: the shared object by which it reads clocks without leaving the
 * VM ({@code vdso(7)}), and the page of numbers from which that code computes time.
 *
 * <p>The guest can only read the numbers. The host writes them. While the sequence number is 0,
 * which it is in every image, there are no numbers, and the code makes the system call.
 */
public final class VdsoPages {
  /** The page of numbers. The page below stays free, so that no other mapping continues here. */
  public static final long NUMBERS = InformationBlock.ADDRESS + 2L * GuestAbi.PAGE_SIZE;

  /** The shared object. */
  public static final long OBJECT = NUMBERS + GuestAbi.PAGE_SIZE;

  /** The end of the addresses that are reserved for both. */
  public static final long END = OBJECT + GuestAbi.PAGE_SIZE;

  // Offsets of numbers in their page. All are 64 bits wide.

  /** The sequence number. It is 0 while there are no numbers. No two sets have the same one. */
  public static final int SEQUENCE = 0;

  /** The processor's counter where the line begins. */
  public static final int COUNTER = 8;

  /** How many counts the line is good. */
  public static final int COUNTS = 16;

  /** Nanoseconds for each 2^32 counts. */
  public static final int SLOPE = 24;

  /** Monotonic time where the line begins. */
  public static final int NANOS = 32;

  /** Not 0 if the guest has only one processor, which has the number 0. */
  public static final int ONE_PROCESSOR = 40;

  /** By the numbers of Linux's clocks: how far each clock is ahead of monotonic time. */
  public static final int AHEAD = 64;

  /** How many clocks there are. Each has a bit in {@link #CLOCKS} if the code computes it. */
  public static final int CLOCK_COUNT = 12;

  /** Clocks of real, monotonic and boot time, raw and coarse ones included, and of TAI. */
  public static final int CLOCKS = 0x8f3;

  private VdsoPages() {}
}
