package io.hyperlight.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SamplesTest {
  @Test
  void theMedianOfAnOddNumberIsTheMiddleOne() {
    assertThat(Samples.of(9, 1, 5).median()).isEqualTo(5);
  }

  @Test
  void theMedianOfAnEvenNumberLiesBetweenTheTwoInTheMiddle() {
    assertThat(Samples.of(8, 1, 5, 2).median()).isEqualTo(3.5);
  }

  @Test
  void aHundredthOfTheSamplesIsAboveThe99thPercentile() {
    assertThat(Samples.of(LongStream.rangeClosed(1, 100).toArray()).p99()).isEqualTo(99);
    assertThat(Samples.of(LongStream.rangeClosed(1, 101).toArray()).p99()).isEqualTo(100);
    assertThat(Samples.of(LongStream.rangeClosed(1, 1000).toArray()).p99()).isEqualTo(990);
  }

  @Test
  void aSingleSampleIsAllOfThem() {
    Samples samples = Samples.of(7);
    assertThat(samples.median()).isEqualTo(7);
    assertThat(samples.p99()).isEqualTo(7);
    assertThat(samples.count()).isEqualTo(1);
  }

  @Test
  void blocksAreTakenTogether() {
    assertThat(Samples.of(List.of(new long[] {3, 1}, new long[] {2})).median()).isEqualTo(2);
  }

  @Test
  void noSamplesAreRefused() {
    assertThatThrownBy(() -> Samples.of()).isInstanceOf(IllegalArgumentException.class);
  }
}
