package io.hyperlight.bench;

import java.util.Arrays;
import java.util.List;

/** Times in nanoseconds, sorted. Not empty. */
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

  /** {@return the middle one; of an even number, the mean of the two in the middle} */
  double median() {
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1
        ? sorted[middle]
        : ((double) sorted[middle - 1] + sorted[middle]) / 2;
  }

  /** {@return the least one that 99 % are not above} */
  double p99() {
    return sorted[(int) ((sorted.length * 99L + 99) / 100) - 1];
  }
}
