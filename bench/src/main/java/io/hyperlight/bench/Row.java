package io.hyperlight.bench;

import org.jspecify.annotations.Nullable;

/**
 * One result.
 *
 * @param unit of ours, floor and p99
 * @param ours a median
 * @param floor a median, of the C floor or of a rival
 * @param ratio ours divided by floor; 1 if they are equal, null if only the floor is 0
 * @param samples how many of ours there are
 * @param p99 of ours: 99 % of the samples are as good or better
 * @param overheadNanos ours less the floor for one operation; null if it is not about time
 * @param goal null if there is none
 * @param against the rival; null if it is the C floor
 * @param point null if the row is no point of a curve
 */
record Row(
    String name,
    String unit,
    double ours,
    double floor,
    @Nullable Double ratio,
    int samples,
    double p99,
    @Nullable Double overheadNanos,
    @Nullable Goal goal,
    @Nullable String against,
    @Nullable Point point) {

  /**
   * A point of a curve.
   *
   * @param series the curve
   * @param at where on the horizontal axis
   */
  record Point(String series, double at) {}

  /** Times. */
  static Row ofTimes(String name, Unit unit, Comparison comparison) {
    Samples ours = comparison.ours();
    return of(
        name,
        unit.symbol(),
        unit.of(ours.median()),
        unit.of(comparison.floor().median()),
        ours.count(),
        unit.of(ours.p99()),
        comparison.overheadNanos());
  }

  /**
   * How many of something there are in a second.
   *
   * @param amount how many one sample stands for
   * @param operations how many operations after one another a sample is, for the overhead of one
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
        comparison.overheadNanos() / operations);
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
    return new Row(name, unit, ours, floor, ratio, samples, p99, overheadNanos, null, null, null);
  }

  Row withGoal(Goal wanted) {
    return new Row(
        name, unit, ours, floor, ratio, samples, p99, overheadNanos, wanted, against, point);
  }

  Row against(String rival) {
    return new Row(name, unit, ours, floor, ratio, samples, p99, overheadNanos, goal, rival, point);
  }

  Row at(Point place) {
    return new Row(
        name, unit, ours, floor, ratio, samples, p99, overheadNanos, goal, against, place);
  }
}
