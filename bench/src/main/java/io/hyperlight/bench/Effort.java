package io.hyperlight.bench;

import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * How long to measure.
 *
 * @param blocks how often ours and the floor take turns, at most
 * @param sideNanos for how long each of the two is measured, about
 * @param warmUpNanos for how long ours runs before that
 * @param sandboxes how many sandboxes are many
 */
record Effort(int blocks, long sideNanos, long warmUpNanos, int sandboxes) {
  static final Effort FULL =
      new Effort(40, TimeUnit.SECONDS.toNanos(3), TimeUnit.MILLISECONDS.toNanos(1500), 1000);

  static final Effort QUICK =
      new Effort(20, TimeUnit.MILLISECONDS.toNanos(240), TimeUnit.MILLISECONDS.toNanos(300), 200);

  /** The fewest turns that a median should be made of. */
  private static final int FEWEST_BLOCKS = 4;

  private static final int MOST_SAMPLES = 20_000;

  /** As one word, for {@link #of} in another JVM. */
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

  /** For one of many points of a curve. */
  Effort forPoint() {
    return new Effort(blocks / 2, sideNanos / 6, warmUpNanos / 3, sandboxes);
  }

  /** For one of many rows beside a rival. Both sides are warmed up, and ours was for other rows. */
  Effort forRival() {
    return new Effort(Math.max(1, blocks / 2), sideNanos / 4, warmUpNanos / 3, sandboxes);
  }

  /** How many turns there are if one round of ours takes so long. */
  int blocks(long roundNanos) {
    long possible = sideNanos / Math.max(1, roundNanos);
    return (int) Math.max(Math.min(FEWEST_BLOCKS, blocks), Math.min(blocks, possible));
  }

  /** How many rounds one turn has. */
  int rounds(long roundNanos) {
    return rounds(roundNanos, blocks(roundNanos));
  }

  /** How many rounds one of so many turns has. */
  int rounds(long roundNanos, int turns) {
    long possible = sideNanos / turns / Math.max(1, roundNanos);
    return Math.clamp(possible, 1, MOST_SAMPLES);
  }
}
