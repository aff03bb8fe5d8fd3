package io.hyperlight.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class IntervalTest {
  @Test
  void aFewValuesAreAllWithin() {
    assertThat(Interval.of(3, 1, 2)).isEqualTo(new Interval(2, 1, 3));
    assertThat(Interval.of(4, 2)).isEqualTo(new Interval(3, 2, 4));
    assertThat(Interval.of(7)).isEqualTo(new Interval(7, 7, 7));
  }

  @Test
  void theEndsComeNearerTheMiddleWithMoreValues() {
    double[] values = IntStream.rangeClosed(1, 100).asDoubleStream().toArray();
    assertThat(Interval.of(values)).isEqualTo(new Interval(50.5, 41, 60));
  }

  @Test
  void theTrueMedianIsOutsideOneTimeInTwenty() {
    Random random = new Random(5);
    int within = 0;
    for (int i = 0; i < 2000; i++) {
      double[] values =
          DoubleStream.generate(() -> Math.exp(random.nextGaussian())).limit(60).toArray();
      Interval interval = Interval.of(values);
      if (interval.low() <= 1 && 1 <= interval.high()) {
        within++;
      }
    }
    assertThat(within / 2000.0).isBetween(0.93, 0.98);
  }

  @Test
  void itIsNarrowUpToThreePercent() {
    assertThat(new Interval(2, 1.97, 2.03).isNarrow()).isTrue();
    assertThat(new Interval(2, 1.97, 2.04).isNarrow()).isFalse();
    assertThat(new Interval(2, 1.9, 2.1).width()).isCloseTo(0.1, within(1e-9));
  }

  private static org.assertj.core.data.Offset<Double> within(double offset) {
    return org.assertj.core.data.Offset.offset(offset);
  }
}
