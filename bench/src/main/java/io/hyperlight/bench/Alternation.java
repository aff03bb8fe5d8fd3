package io.hyperlight.bench;

import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;

/**
 * Lets several sides take turns.
 *
 * <p>A machine may change its speed within seconds, and may do other work at any time. So a turn
 * takes a few milliseconds, and only blocks of the same turn are compared. Each turn has the
 * opposite order of the one before, since a block may leave the machine faster or slower for the
 * next. The first sample of a block is dropped if there are more: until then, the caches contain
 * what the other side has used.
 */
final class Alternation {
  /** There are at most so many times the turns that were planned, until the result is clear. */
  private static final int PATIENCE = 4;

  private final Effort effort;
  private final LongSupplier clock;
  private final Progress progress;

  /**
   * Prepares.
   *
   * @param clock the time in nanoseconds
   */
  Alternation(Effort effort, LongSupplier clock, Progress progress) {
    this.effort = effort;
    this.clock = clock;
    this.progress = progress;
  }

  /**
   * One that takes turns.
   *
   * @param sampler takes its samples
   * @param rounds the number of samples in a block
   */
  record Side(Sampler sampler, int rounds) {
    long[] block() throws Throwable {
      if (rounds == 1) {
        long[] only = new long[1];
        sampler.sample(only);
        return only;
      }
      long[] nanos = new long[rounds + 1];
      sampler.sample(nanos);
      long[] block = new long[rounds];
      System.arraycopy(nanos, 1, block, 0, rounds);
      return block;
    }
  }

  /**
   * Takes turns. The first one is dropped: it warms up.
   *
   * @param result what is wanted of the medians of a turn. There are more turns until it is clear
   */
  Turns run(List<Side> sides, ToDoubleFunction<double[]> result) throws Throwable {
    Turns turns = new Turns(sides.size());
    long begin = clock.getAsLong();
    turn(sides, false);
    long turnNanos = clock.getAsLong() - begin;
    int wanted = effort.turns(turnNanos / sides.size());
    int most = PATIENCE * wanted;
    while (turns.count() < wanted || (turns.count() < most && !turns.interval(result).isNarrow())) {
      int more = Math.max(1, wanted / 4);
      for (int i = 0; i < more; i++) {
        progress.turn(turns.count(), wanted);
        turns.add(turn(sides, turns.count() % 2 == 1));
      }
    }
    return turns;
  }

  private static long[][] turn(List<Side> sides, boolean backwards) throws Throwable {
    long[][] blocks = new long[sides.size()][];
    for (int i = 0; i < blocks.length; i++) {
      int side = backwards ? blocks.length - 1 - i : i;
      blocks[side] = sides.get(side).block();
    }
    return blocks;
  }
}
