package io.hyperlight.bench;

import java.util.Arrays;
import java.util.List;

/** A sorted list of times in nanoseconds. It is never empty. */
final class Samples {
  private final long[] sorted;

  private Samples(long[] sorted) {
    if (sorted.length == 0) {
      throw new IllegalArgumentException("no samples");
    }
    this.sorted = sorted;
  }

  static Samples of(long... samples) {
    long[] sorted = samples.clone();
    Arrays.sort(sorted);
    return new Samples(sorted);
  }

  static Samples of(List<long[]> blocks) {
    return of(blocks.stream().flatMapToLong(Arrays::stream).toArray());
  }

  int count() {
    return sorted.length;
  }

  /** {@return the median. For an even number of samples, it is the mean of the middle two} */
  double median() {
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1
        ? sorted[middle]
        : ((double) sorted[middle - 1] + sorted[middle]) / 2;
  }

  /** {@return the smallest sample that at least 99 % of the samples do not exceed} */
  double p99() {
    return sorted[(int) ((sorted.length * 99L + 99) / 100) - 1];
  }
}
