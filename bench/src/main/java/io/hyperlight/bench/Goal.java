package io.hyperlight.bench;

import java.util.Locale;

/**
 * A goal for a result.
 *
 * @param text the goal in words
 * @param met whether the result meets it
 */
record Goal(String text, boolean met) {
  /** The library takes at most a number of times the floor. */
  static Goal atMost(double factor, Comparison comparison) {
    return atMost(factor, "floor", comparison.ours().median(), comparison.floor().median());
  }

  static Goal atMost(double factor, String what, double ours, double floor) {
    return new Goal("<= " + plain(factor) + " x " + what, ours <= factor * floor);
  }

  /**
   * The library takes at most a number of times the floor, plus a number of times the copy. The
   * copy is the answer to the second question.
   */
  static Goal atMost(double factor, double factorOfCopy, Comparison comparison) {
    double copy = comparison.floors().get(1).median();
    double limit = factor * comparison.floor().median() + factorOfCopy * copy;
    return new Goal(
        String.format(
            Locale.ROOT,
            "<= %s x floor + %s x copy of %.2f us",
            plain(factor),
            plain(factorOfCopy),
            copy / 1e3),
        comparison.ours().median() <= limit);
  }

  /**
   * The library takes at most a number of times the floor and the computing of the guest.
   *
   * @param computingNanos how long the guest's code takes in a native process
   */
  static Goal atMostWithComputing(double factor, double computingNanos, Comparison comparison) {
    double limit = factor * (comparison.floor().median() + computingNanos);
    return new Goal(
        String.format(
            Locale.ROOT,
            "<= %s x (floor + computing of %.0f us)",
            plain(factor),
            computingNanos / 1e3),
        comparison.ours().median() <= limit);
  }

  /** The result of the library is at least a number of times that of the floor. */
  static Goal atLeast(double factor, double ours, double floor) {
    return new Goal(">= " + plain(factor) + " x floor", ours >= factor * floor);
  }

  /** The result of the library is zero. */
  static Goal zero(double ours) {
    return new Goal("0", ours == 0);
  }

  private static String plain(double factor) {
    return factor == Math.rint(factor) ? Long.toString((long) factor) : Double.toString(factor);
  }
}
