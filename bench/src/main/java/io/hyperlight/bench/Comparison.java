package io.hyperlight.bench;

import java.util.List;

/**
 * Samples of ours and of the floor that were taken in turns.
 *
 * @param floors for each question that was asked
 */
record Comparison(Samples ours, List<Samples> floors) {
  /** What ours is compared with. */
  Samples floor() {
    return floors.getFirst();
  }

  /** The same of ours, compared with what was asked second. */
  Comparison withSecondFloor() {
    return new Comparison(ours, List.of(floors.get(1)));
  }

  /** {@return how much longer ours takes, in nanoseconds} */
  double overheadNanos() {
    return ours.median() - floor().median();
  }
}
