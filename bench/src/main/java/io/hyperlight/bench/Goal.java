package io.hyperlight.bench;

import java.util.Locale;

/**
 * What a result should be.
 *
 * @param text in words
 * @param met whether it is
 */
record Goal(String text, boolean met) {
  /** Ours takes at most so many times the floor. */
  static Goal atMost(double factor, Comparison comparison) {
    return atMost(factor, "floor", comparison.ours().median(), comparison.floor().median());
  }

  static Goal atMost(double factor, String what, double ours, double floor) {
    return new Goal("<= " + plain(factor) + " x " + what, ours <= factor * floor);
  }

  /** Ours takes at most so many times the floor plus so many times the second measurement. */
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

  /** Ours is at least so many times the floor. */
  static Goal atLeast(double factor, double ours, double floor) {
    return new Goal(">= " + plain(factor) + " x floor", ours >= factor * floor);
  }

  /** Ours is zero. */
  static Goal zero(double ours) {
    return new Goal("0", ours == 0);
  }

  private static String plain(double factor) {
    return factor == Math.rint(factor) ? Long.toString((long) factor) : Double.toString(factor);
  }
}
