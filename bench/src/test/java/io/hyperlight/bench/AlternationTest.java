package io.hyperlight.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Measures on a simulated machine, of which the true ratio is known. */
class AlternationTest {
  private static final double TRUE_RATIO = 1.05;
  private static final int ROUNDS = 40;

  private static Turns run(SimulatedMachine machine, Effort effort) {
    try {
      return new Alternation(effort, machine::nanos, Progress.none())
          .run(
              List.of(
                  new Alternation.Side(machine.exits(TRUE_RATIO), ROUNDS),
                  new Alternation.Side(machine.exits(1), ROUNDS)),
              Run::firstToSecond);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  private static Interval ratio(Turns turns) {
    return turns.interval(Run::firstToSecond);
  }

  private static double spread(DoubleStream ratios) {
    DoubleSummaryStatistics statistics = ratios.summaryStatistics();
    return statistics.getMax() / statistics.getMin() - 1;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void tenRunsInARowAgreeThoughTheMachineFlips(boolean quick) {
    List<Interval> ratios = new ArrayList<>();
    for (long seed = 0; seed < 10; seed++) {
      ratios.add(ratio(run(new SimulatedMachine(seed, 0.02), quick ? Effort.QUICK : Effort.FULL)));
    }
    assertThat(ratios).allMatch(Interval::isNarrow);
    assertThat(ratios).allMatch(ratio -> Math.abs(ratio.median() / TRUE_RATIO - 1) < 0.015);
    assertThat(spread(ratios.stream().mapToDouble(Interval::median))).isLessThan(0.03);
  }

  @Test
  void blocksThatAreFarApartDoNotAgree() {
    List<Double> ratios = new ArrayList<>();
    for (long seed = 0; seed < 10; seed++) {
      SimulatedMachine machine = new SimulatedMachine(seed, 0.02);
      double[] medians = new double[2];
      for (int side = 0; side < 2; side++) {
        long[] nanos = new long[60_000];
        try {
          machine.exits(side == 0 ? TRUE_RATIO : 1).sample(nanos);
        } catch (Throwable e) {
          throw new AssertionError(e);
        }
        medians[side] = Samples.of(nanos).median();
      }
      ratios.add(medians[0] / medians[1]);
    }
    assertThat(spread(ratios.stream().mapToDouble(Double::doubleValue))).isGreaterThan(0.3);
  }

  @Test
  void aRatioThatIsNotClearCountsAsNotMeasured() {
    Turns turns = run(new SimulatedMachine(1, 0.5), Effort.QUICK);
    assertThat(ratio(turns).isNarrow()).isFalse();
    Row row = Row.ofTimes("call", Unit.MICROSECONDS, Comparison.ofFirst(turns, 2));
    assertThat(row.isMeasured()).isFalse();
  }

  @Test
  void thereAreMoreTurnsUntilTheRatioIsClear() {
    int calm = run(new SimulatedMachine(1, 0.001), Effort.QUICK).count();
    int noisy = run(new SimulatedMachine(1, 0.5), Effort.QUICK).count();
    assertThat(noisy).isGreaterThan(3 * calm);
  }

  @Test
  void eachTurnHasTheOppositeOrderAndTheFirstSampleOfABlockIsDropped() throws Throwable {
    List<String> order = new ArrayList<>();
    List<Alternation.Side> sides =
        List.of(recording("a", order), recording("b", order), recording("c", order));
    Effort effort = new Effort(3, 0, 0, 0);
    Turns turns = new Alternation(effort, () -> 0, Progress.none()).run(sides, _ -> 1);
    assertThat(String.join("", order)).isEqualTo("abc" + "abc" + "cba" + "abc");
    assertThat(turns.samples(0).p99()).isEqualTo(7);
  }

  private static Alternation.Side recording(String name, List<String> order) {
    return new Alternation.Side(
        nanos -> {
          order.add(name);
          assertThat(nanos).hasSize(3);
          nanos[0] = 1000;
          nanos[1] = 7;
          nanos[2] = 7;
        },
        2);
  }
}
