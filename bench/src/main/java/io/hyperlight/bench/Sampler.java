package io.hyperlight.bench;

/**
 * Does the same thing again and again, and takes the time of each.
 *
 * <p>One reading of the clock between two rounds, not two around each, so that ours and the floor
 * pay for the clock alike.
 */
@FunctionalInterface
interface Sampler extends AutoCloseable {
  /**
   * Fills in the samples.
   *
   * @param nanos how many rounds to do, and where their times go
   */
  void sample(long[] nanos) throws Throwable;

  @Override
  default void close() {}
}
