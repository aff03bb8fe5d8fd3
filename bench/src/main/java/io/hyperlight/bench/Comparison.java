package io.hyperlight.bench;

import java.util.List;
import java.util.stream.IntStream;

/**
 * Samples of the library and of the floor, which were taken in turns.
 *
 * @param turns the turns of all sides
 * @param our the library's place among the sides
 * @param others the places of what it is compared with, one for each question; the first is the
 *     floor or the rival
 */
record Comparison(Turns turns, int our, List<Integer> others) {
  /** Compares the first side with all others. */
  static Comparison ofFirst(Turns turns, int sides) {
    return new Comparison(turns, 0, IntStream.range(1, sides).boxed().toList());
  }

  Samples ours() {
    return turns.samples(our);
  }

  /** Returns the samples that ours are compared with. */
  Samples floor() {
    return turns.samples(others.getFirst());
  }

  /** Returns the samples of the answer to the second question. */
  Samples secondFloor() {
    return turns.samples(others.get(1));
  }

  /** Returns a comparison of ours with the answers to the second question. */
  Comparison withSecondFloor() {
    return new Comparison(turns, our, List.of(others.get(1)));
  }

  /** Returns how many times the floor's time the library takes. */
  Interval ratio() {
    return ratioTo(1, 0, 0);
  }

  /** Returns the same for what is better if it is more: how many times the floor's rate. */
  Interval ratioOfRates() {
    int first = others.getFirst();
    return turns.interval(turn -> turn[first] / turn[our]);
  }

  /**
   * Returns how many times a sum the library takes.
   *
   * @param factor of the floor's time
   * @param factorOfSecond of the answer to the second question; if it is 0, there need not be one
   * @param moreNanos further nanoseconds
   */
  Interval ratioTo(double factor, double factorOfSecond, double moreNanos) {
    int first = others.getFirst();
    int second = factorOfSecond == 0 ? first : others.get(1);
    return turns.interval(
        turn -> turn[our] / (factor * turn[first] + factorOfSecond * turn[second] + moreNanos));
  }

  /** {@return how much longer the library takes than the floor, in nanoseconds} */
  double overheadNanos() {
    int first = others.getFirst();
    return turns.interval(turn -> turn[our] - turn[first]).median();
  }
}
