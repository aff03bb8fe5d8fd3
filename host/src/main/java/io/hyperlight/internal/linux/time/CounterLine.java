package io.hyperlight.internal.linux.time;

/**
 * A guest's monotonic time as a straight line over the processor's counter, for as long as it is
 * good. Host and guest compute the same line, so their answers never contradict each other.
 *
 * <p>A line ends at a time, and then the next one begins where it ended. If the host's clock has
 * drifted from the line meanwhile, the next line is steeper or flatter, so that it meets the host's
 * clock at its end. So time never steps back.
 *
 * @param counter the counter where the line begins
 * @param nanos monotonic time there, in nanoseconds
 * @param slope nanoseconds for each 2^{@value #SHIFT} counts; positive
 * @param counts how long the line is good, in counts
 */
record CounterLine(long counter, long nanos, long slope, long counts) {
  /** The shift behind the multiplication. */
  static final int SHIFT = 32;

  /** How long a line is good, in nanoseconds. Products of counts and slopes fit into a long. */
  static final long LENGTH = 100_000_000;

  /** An error that is not drift: the host was suspended. Time steps forward then. */
  private static final long JUMP = 10_000_000;

  /** The maximum change of a slope, as a part of it: one in this many. */
  private static final long CLAMP = 64;

  /**
   * Begins the first line.
   *
   * @param slope between 2^28 and 2^38, as counters of processors have it
   */
  static CounterLine begin(long counter, long nanos, long slope) {
    return new CounterLine(counter, nanos, slope, countsOf(slope));
  }

  private static long countsOf(long slope) {
    return ((LENGTH << (SHIFT - 6)) / slope) << 6;
  }

  /**
   * Returns whether the line is good at a value of the counter. Counters of two processors may
   * differ a little, so the counter may be before the beginning.
   */
  boolean isGoodAt(long now) {
    long since = now - counter;
    return since <= counts && since > -counts;
  }

  /**
   * Returns monotonic time at a value of the counter at which the line is good. Before the
   * beginning, it is that of the beginning.
   */
  long at(long now) {
    return nanos + ((Math.max(0, now - counter) * slope) >>> SHIFT);
  }

  /**
   * Returns the next line.
   *
   * @param now the counter; anything
   * @param host what monotonic time should be now by the host's clock
   * @param measured the slope of the host's clock over the counter, as for {@link #begin}
   */
  CounterLine next(long now, long host, long measured) {
    // Whoever read the line last read no more than its end.
    long reached = reached(now);
    long behind = host - reached;
    if (behind > JUMP || (behind > 0 && !isGoodAt(now))) {
      return begin(now, host, measured);
    }
    long most = measured / CLAMP;
    long change = Math.clamp((long) ((double) measured * behind / LENGTH), -most, most);
    return new CounterLine(now, reached, measured + change, countsOf(measured + most));
  }

  /**
   * Returns the latest time that anybody has read from the line.
   *
   * @param now the counter; anything
   */
  long reached(long now) {
    return at(isGoodAt(now) ? now : counter + counts);
  }
}
