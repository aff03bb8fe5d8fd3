package io.hyperlight.bench;

import io.hyperlight.Sandbox;
import java.lang.invoke.MethodHandle;
import java.util.List;

/** Measures how two threads of a guest compute at the same time, on two processors. */
final class Parallel {
  /**
   * Where native threads do 1.9 times as much as one, those of a guest have to do 1.8 times as
   * much.
   */
  private static final double GOAL = 0.95;

  private Parallel() {}

  static List<Row> measure(Run run) throws Throwable {
    try (Sandbox sandbox = Guests.threads().processors(2).build()) {
      MethodHandle computes = sandbox.function("computes");
      List<Samples> samples =
          run.inTurns(
              Timed.each(() -> Calls.check((int) computes.invokeExact(1) == 1)),
              Timed.each(() -> Calls.check((int) computes.invokeExact(2) == 1)),
              run.asked(Question.of("compute", 1)),
              run.asked(Question.of("compute", 2)));
      Comparison one = new Comparison(samples.get(0), List.of(samples.get(2)));
      Comparison two = new Comparison(samples.get(1), List.of(samples.get(3)));
      double ours = scaling(one.ours(), two.ours());
      double floor = scaling(one.floor(), two.floor());
      return List.of(
          Row.ofTimes("parallel_2_alone", Unit.MILLISECONDS, one),
          Row.ofTimes("parallel_2_both", Unit.MILLISECONDS, two),
          Row.of("parallel_2", "x", ours, floor, two.ours().count(), ours, null)
              .withGoal(Goal.atLeast(GOAL, ours, floor)));
    }
  }

  /** Returns how much more two threads do than one, in the same time. */
  private static double scaling(Samples one, Samples two) {
    return 2 * one.median() / two.median();
  }
}
