package io.hyperlight.bench;

import java.util.Arrays;

/**
 * A median, and where the true one lies with a probability of 95 %.
 *
 * @param median the median of the values
 * @param low the lower end
 * @param high the upper end
 */
record Interval(double median, double low, double high) {
  /** An interval that is wider than this share of its median says too little. */
  static final double WIDEST = 0.03;

  /** The quantile of the normal distribution that leaves out 2.5 % on each side. */
  private static final double DEVIATIONS = 1.96;

  /**
   * Takes the ends from the values themselves: of {@code n} sorted ones, those that are {@code 0.98
   * sqrt(n)} places away from the middle. So nothing is assumed of how the values are distributed.
   * Fewer than six values have no such ends. Then these are the smallest and the largest.
   *
   * @param values at least one
   */
  static Interval of(double... values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int count = sorted.length;
    int first = Math.max(0, (int) Math.floor((count - DEVIATIONS * Math.sqrt(count)) / 2));
    double median = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
    return new Interval(median, sorted[first], sorted[count - 1 - first]);
  }

  /** Returns the width as a share of the median. */
  double width() {
    return (high - low) / median;
  }

  /** Returns whether it is narrow enough for a result. */
  boolean isNarrow() {
    return width() <= WIDEST;
  }

  /** Returns the interval of the values divided by a number. */
  Interval dividedBy(double number) {
    return new Interval(median / number, low / number, high / number);
  }
}
