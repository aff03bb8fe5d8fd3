package io.hyperlight.bench;

import org.jspecify.annotations.Nullable;

/**
 * One result.
 *
 * @param name the name of the row, which begins with that of the benchmark
 * @param unit the unit of ours, floor and p99
 * @param ours the median of the library
 * @param floor the median of the floor or of a rival
 * @param ratio ours divided by floor, as the median of the turns. It is 1 if they are equal, and
 *     null if only the floor is 0
 * @param interval where the true ratio lies with a probability of 95 %, or null for what is counted
 * @param samples the number of samples of the library
 * @param p99 the 99th percentile of the library: 99 % of the samples are as good or better
 * @param overheadNanos ours minus the floor for one operation, or null if the row is not about time
 * @param goal the goal, or null if there is none
 * @param against the rival, or null if the row compares with the floor
 * @param point the point of a curve, or null if the row is not one
 */
record Row(
    String name,
    String unit,
    double ours,
    double floor,
    @Nullable Double ratio,
    @Nullable Interval interval,
    int samples,
    double p99,
    @Nullable Double overheadNanos,
    @Nullable Goal goal,
    @Nullable String against,
    @Nullable Point point) {

  /**
   * A point of a curve.
   *
   * @param series the name of the curve
   * @param at the position on the horizontal axis
   */
  record Point(String series, double at) {}

  /** Makes a row of times. */
  static Row ofTimes(String name, Unit unit, Comparison comparison) {
    Samples ours = comparison.ours();
    return of(
            name,
            unit.symbol(),
            unit.of(ours.median()),
            unit.of(comparison.floor().median()),
            ours.count(),
            unit.of(ours.p99()),
            comparison.overheadNanos())
        .with(comparison.ratio());
  }

  /**
   * Makes a row of rates for each second.
   *
   * @param amount the amount that one sample stands for
   * @param operations the number of consecutive operations in one sample, for the overhead of one
   */
  static Row ofRates(
      String name, String unit, double amount, int operations, Comparison comparison) {
    Samples ours = comparison.ours();
    return of(
            name,
            unit,
            amount * 1e9 / ours.median(),
            amount * 1e9 / comparison.floor().median(),
            ours.count(),
            amount * 1e9 / ours.p99(),
            comparison.overheadNanos() / operations)
        .with(comparison.ratioOfRates());
  }

  static Row of(
      String name,
      String unit,
      double ours,
      double floor,
      int samples,
      double p99,
      @Nullable Double overheadNanos) {
    Double ratio = ours == floor ? Double.valueOf(1) : floor == 0 ? null : ours / floor;
    return new Row(
        name, unit, ours, floor, ratio, null, samples, p99, overheadNanos, null, null, null);
  }

  /** Returns whether the ratio is known well enough. */
  boolean isMeasured() {
    return interval == null || interval.isNarrow();
  }

  /** Sets the ratio to what the turns say. */
  Row with(Interval turns) {
    return new Row(
        name,
        unit,
        ours,
        floor,
        turns.median(),
        turns,
        samples,
        p99,
        overheadNanos,
        goal,
        against,
        point);
  }

  Row withGoal(Goal wanted) {
    return new Row(
        name,
        unit,
        ours,
        floor,
        ratio,
        interval,
        samples,
        p99,
        overheadNanos,
        wanted,
        against,
        point);
  }

  Row against(String rival) {
    return new Row(
        name, unit, ours, floor, ratio, interval, samples, p99, overheadNanos, goal, rival, point);
  }

  Row at(Point place) {
    return new Row(
        name,
        unit,
        ours,
        floor,
        ratio,
        interval,
        samples,
        p99,
        overheadNanos,
        goal,
        against,
        place);
  }
}
