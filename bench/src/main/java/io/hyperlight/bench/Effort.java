package io.hyperlight.bench;

import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Says how long to measure.
 *
 * @param fewestTurns the minimum number of turns of the library and the floor
 * @param sideNanos the approximate time for which each of the two is measured
 * @param warmUpNanos the time for which the library runs before that
 * @param sandboxes the number of sandboxes in benchmarks of many sandboxes
 */
record Effort(int fewestTurns, long sideNanos, long warmUpNanos, int sandboxes) {
  static final Effort FULL =
      new Effort(20, TimeUnit.SECONDS.toNanos(3), TimeUnit.MILLISECONDS.toNanos(1500), 1000);

  static final Effort QUICK =
      new Effort(6, TimeUnit.MILLISECONDS.toNanos(300), TimeUnit.MILLISECONDS.toNanos(1200), 200);

  /** The time of a block. In twice this, the machine rarely changes. */
  private static final long BLOCK_NANOS = TimeUnit.MICROSECONDS.toNanos(1500);

  private static final int MOST_TURNS = 1000;
  private static final int MAX_SAMPLES = 20_000;

  /** Returns this as one word, for {@link #of} in another JVM. */
  String word() {
    return "%d,%d,%d,%d".formatted(fewestTurns, sideNanos, warmUpNanos, sandboxes);
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
    return new Effort(Math.min(6, fewestTurns), sideNanos / 6, warmUpNanos / 3, sandboxes);
  }

  /**
   * Returns the effort for one of many rows with a rival. It is less, because both sides are warmed
   * up, and the library was already warmed up for other rows.
   */
  Effort forRival() {
    return new Effort(Math.min(6, fewestTurns), sideNanos / 4, warmUpNanos / 3, sandboxes);
  }

  /**
   * Returns the number of samples in a block.
   *
   * @param roundNanos how long one takes
   */
  int rounds(long roundNanos) {
    return Math.clamp(BLOCK_NANOS / Math.max(1, roundNanos), 1, MAX_SAMPLES);
  }

  /**
   * Returns the number of turns.
   *
   * @param blockNanos how long a block takes
   */
  int turns(long blockNanos) {
    long possible = sideNanos / Math.max(1, blockNanos);
    return (int) Math.max(fewestTurns, Math.min(MOST_TURNS, possible));
  }
}
