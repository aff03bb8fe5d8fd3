package io.hyperlight.bench;

import java.util.List;

/**
 * Samples of the library and of the floor, which were taken in turns.
 *
 * @param ours the samples of the library
 * @param floors the samples of the floor, one element for each question. With a rival, they are
 *     those of the rival
 */
record Comparison(Samples ours, List<Samples> floors) {
  /** Returns the samples that ours are compared with. */
  Samples floor() {
    return floors.getFirst();
  }

  /** Returns a comparison of ours with the answers to the second question. */
  Comparison withSecondFloor() {
    return new Comparison(ours, List.of(floors.get(1)));
  }

  /** {@return how much longer the library takes than the floor, in nanoseconds} */
  double overheadNanos() {
    return ours.median() - floor().median();
  }
}
