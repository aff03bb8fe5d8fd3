package io.hyperlight.bench;

import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Says how long to measure.
 *
 * @param blocks the maximum number of turns of the library and the floor
 * @param sideNanos the approximate time for which each of the two is measured
 * @param warmUpNanos the time for which the library runs before that
 * @param sandboxes the number of sandboxes in benchmarks of many sandboxes
 */
record Effort(int blocks, long sideNanos, long warmUpNanos, int sandboxes) {
  static final Effort FULL =
      new Effort(40, TimeUnit.SECONDS.toNanos(3), TimeUnit.MILLISECONDS.toNanos(1500), 1000);

  static final Effort QUICK =
      new Effort(20, TimeUnit.MILLISECONDS.toNanos(240), TimeUnit.MILLISECONDS.toNanos(300), 200);

  /** The minimum number of turns for a median. */
  private static final int FEWEST_BLOCKS = 4;

  private static final int MAX_SAMPLES = 20_000;

  /** Returns this as one word, for {@link #of} in another JVM. */
  String word() {
    return "%d,%d,%d,%d".formatted(blocks, sideNanos, warmUpNanos, sandboxes);
  }

  static Effort of(String word) {
    List<String> numbers = List.of(word.split(",", -1));
    return new Effort(
        Integer.parseInt(numbers.get(0)),
        Long.parseLong(numbers.get(1)),
        Long.parseLong(numbers.get(2)),
        Integer.parseInt(numbers.get(3)));
  }

  /** Returns the effort for one of many points of a curve. */
  Effort forPoint() {
    return new Effort(blocks / 2, sideNanos / 6, warmUpNanos / 3, sandboxes);
  }

  /**
   * Returns the effort for one of many rows with a rival. It is less, because both sides are warmed
   * up, and the library was already warmed up for other rows.
   */
  Effort forRival() {
    return new Effort(Math.max(1, blocks / 2), sideNanos / 4, warmUpNanos / 3, sandboxes);
  }

  /** Returns the number of turns if one round of the library takes a time. */
  int blocks(long roundNanos) {
    long possible = sideNanos / Math.max(1, roundNanos);
    return (int) Math.max(Math.min(FEWEST_BLOCKS, blocks), Math.min(blocks, possible));
  }

  /** Returns the number of rounds of one turn. */
  int rounds(long roundNanos) {
    return rounds(roundNanos, blocks(roundNanos));
  }

  /** Returns the number of rounds of one turn if there are a number of turns. */
  int rounds(long roundNanos, int turns) {
    long possible = sideNanos / turns / Math.max(1, roundNanos);
    return Math.clamp(possible, 1, MAX_SAMPLES);
  }
}
