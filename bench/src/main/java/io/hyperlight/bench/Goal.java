package io.hyperlight.bench;

import java.util.Locale;

/**
 * A goal for a result.
 *
 * @param text the goal in words
 * @param ratio the ratio to the floor at which it is just met; 0 if it is not about a ratio
 * @param met whether the result meets it
 */
record Goal(String text, double ratio, boolean met) {
  /** The library takes at most a number of times the floor. */
  static Goal atMost(double factor, Comparison comparison) {
    return atMost(factor, comparison.ratio().median());
  }

  /** The same of something that is counted once. */
  static Goal atMost(double factor, double ratio) {
    return new Goal("<= " + plain(factor) + " x floor", factor, ratio <= factor);
  }

  /**
   * The library takes at most a number of times the floor, plus a number of times the copy. The
   * copy is the answer to the second question.
   */
  static Goal atMost(double factor, double factorOfCopy, Comparison comparison) {
    String text =
        String.format(
            Locale.ROOT,
            "<= %s x floor + %s x copy of %.2f us",
            plain(factor),
            plain(factorOfCopy),
            comparison.secondFloor().median() / 1e3);
    return ofSum(text, comparison, comparison.ratioTo(factor, factorOfCopy, 0));
  }

  /**
   * The library takes at most a number of times the floor and the computing of the guest.
   *
   * @param computingNanos how long the guest's code takes in a native process
   */
  static Goal atMostWithComputing(double factor, double computingNanos, Comparison comparison) {
    String text =
        String.format(
            Locale.ROOT,
            "<= %s x (floor + computing of %.0f us)",
            plain(factor),
            computingNanos / 1e3);
    return ofSum(text, comparison, comparison.ratioTo(factor, 0, factor * computingNanos));
  }

  private static Goal ofSum(String text, Comparison comparison, Interval ratioToSum) {
    double share = ratioToSum.median();
    return new Goal(text, comparison.ratio().median() / share, share <= 1);
  }

  /** The result of the library is at least a number of times that of the floor. */
  static Goal atLeast(double factor, Interval ratio) {
    return new Goal(">= " + plain(factor) + " x floor", factor, ratio.median() >= factor);
  }

  /** The result of the library is zero. */
  static Goal zero(double ours) {
    return new Goal("0", 0, ours == 0);
  }

  private static String plain(double factor) {
    return factor == Math.rint(factor) ? Long.toString((long) factor) : Double.toString(factor);
  }
}
