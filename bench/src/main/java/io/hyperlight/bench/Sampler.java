package io.hyperlight.bench;

/**
 * Repeats an operation and takes the time of each round.
 *
 * <p>A sampler reads the clock once between two rounds, not twice for each. So the library and the
 * floor have the same cost for the clock.
 */
@FunctionalInterface
interface Sampler extends AutoCloseable {
  /**
   * Takes samples.
   *
   * @param nanos gets the times in nanoseconds. Its length is the number of rounds
   */
  void sample(long[] nanos) throws Throwable;

  @Override
  default void close() {}
}
