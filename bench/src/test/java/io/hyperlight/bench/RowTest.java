package io.hyperlight.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class RowTest {
  private static Comparison comparison(long ours, long... floors) {
    Turns turns = new Turns(1 + floors.length);
    turns.add(
        LongStream.concat(LongStream.of(ours), Arrays.stream(floors))
            .mapToObj(nanos -> new long[] {nanos})
            .toArray(long[][]::new));
    return Comparison.ofFirst(turns, 1 + floors.length);
  }

  @Test
  void timesAreInTheUnitAndTheOverheadInNanoseconds() {
    Row row = Row.ofTimes("call", Unit.MICROSECONDS, comparison(33_000, 30_000));
    assertThat(List.of(row.ours(), row.floor(), row.p99())).containsExactly(33.0, 30.0, 33.0);
    assertThat(row.ratio()).isEqualTo(1.1);
    assertThat(row.overheadNanos()).isEqualTo(3000);
    assertThat(row.unit()).isEqualTo("us");
    assertThat(row.samples()).isEqualTo(1);
  }

  @Test
  void ratesAreForASecondAndTheOverheadForOneOperation() {
    Row row = Row.ofRates("throughput", "calls/s", 200, 100, comparison(2_000_000, 1_000_000));
    assertThat(row.ours()).isEqualTo(100_000);
    assertThat(row.floor()).isEqualTo(200_000);
    assertThat(row.ratio()).isEqualTo(0.5);
    assertThat(row.overheadNanos()).isEqualTo(10_000);
  }

  @Test
  void theRatioIsThatOfTurnsAndNotOfAllSamples() {
    Turns turns = new Turns(2);
    for (long floor : new long[] {10, 20, 20, 10, 30}) {
      turns.add(new long[][] {{floor + 2 * floor / 10}, {floor}});
    }
    Row row = Row.ofTimes("call", Unit.NANOSECONDS, Comparison.ofFirst(turns, 2));
    assertThat(row.interval()).isEqualTo(new Interval(1.2, 1.2, 1.2));
    assertThat(row.overheadNanos()).isEqualTo(4);
    assertThat(row.isMeasured()).isTrue();
  }

  @Test
  void nothingAgainstNothingIsARatioOfOneAndSomethingAgainstNothingHasNone() {
    assertThat(Row.of("alloc", "bytes", 0, 0, 1, 0, null).ratio()).isEqualTo(1);
    assertThat(Row.of("alloc", "bytes", 8, 0, 1, 8, null).ratio()).isNull();
  }

  @Test
  void aGoalIsMetUpToItsLimit() {
    assertThat(Goal.atMost(1.1, comparison(33_000, 30_000)).met()).isTrue();
    assertThat(Goal.atMost(1.1, comparison(33_001, 30_000)).met()).isFalse();
    assertThat(Goal.atMost(1.1, comparison(1, 1)).text()).isEqualTo("<= 1.1 x floor");
    assertThat(Goal.atLeast(0.8, Interval.of(0.8)).met()).isTrue();
    assertThat(Goal.atLeast(0.8, Interval.of(0.79)).met()).isFalse();
    assertThat(Goal.zero(0).met()).isTrue();
    assertThat(Goal.zero(0.1).met()).isFalse();
  }

  @Test
  void aGoalMayAddACopyToTheFloor() {
    Goal goal = Goal.atMost(10, 1.5, comparison(1_600, 100, 400));
    assertThat(goal.met()).isTrue();
    assertThat(goal.text()).isEqualTo("<= 10 x floor + 1.5 x copy of 0.40 us");
    assertThat(goal.ratio()).isEqualTo(16);
    assertThat(Goal.atMost(10, 1.5, comparison(1_601, 100, 400)).met()).isFalse();
  }
}
