package io.hyperlight.testing;

import java.util.stream.LongStream;

/**
 * The seeds of the property tests: {@code -Dhyperlight.test.seeds=3} sets their number, {@code
 * -Dhyperlight.test.seed=1} the first one. A failure names its seed, and the same seed makes the
 * same test.
 */
public final class Seeds {
  private Seeds() {}

  public static LongStream all() {
    long first = Long.getLong("hyperlight.test.seed", 1);
    return LongStream.range(first, first + Long.getLong("hyperlight.test.seeds", 3));
  }
}
