package io.hyperlight.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * The samples of several sides, which took turns. In each turn every side had one block of samples,
 * so the blocks of a turn are a few milliseconds apart.
 */
final class Turns {
  private final List<List<long[]>> sides;

  /** The medians of each turn, in the order of the sides. */
  private final List<double[]> medians = new ArrayList<>();

  /** Begins without a turn. */
  Turns(int sides) {
    this.sides = IntStream.range(0, sides).<List<long[]>>mapToObj(_ -> new ArrayList<>()).toList();
  }

  /** Adds a turn, which has a block of each side. */
  void add(long[][] blocks) {
    double[] turn = new double[blocks.length];
    for (int i = 0; i < blocks.length; i++) {
      sides.get(i).add(blocks[i]);
      turn[i] = Samples.of(blocks[i]).median();
    }
    medians.add(turn);
  }

  int count() {
    return medians.size();
  }

  /** Returns all samples of a side. */
  Samples samples(int side) {
    return Samples.of(sides.get(side));
  }

  /**
   * Compares within each turn.
   *
   * @param compared gets the medians of a turn, in the order of the sides
   */
  Interval interval(ToDoubleFunction<double[]> compared) {
    return Interval.of(medians.stream().mapToDouble(compared).toArray());
  }
}
