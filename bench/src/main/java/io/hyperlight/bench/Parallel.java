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

  /** The floor makes as many. */
  private static final int ROUNDS = 20_000_000;

  /** So many threads are started before, so that the JVM has compiled what starts them. */
  private static final int WARM_UP = 1000;

  private Parallel() {}

  static List<Row> measure(Run run) throws Throwable {
    try (Sandbox sandbox = Guests.threads().processors(2).build()) {
      MethodHandle computes = sandbox.function("computes");
      for (int i = 0; i < WARM_UP; i++) {
        Calls.check((int) computes.invokeExact(2, 1) == 1);
      }
      Turns turns =
          run.inTurns(
              Parallel::scaling,
              Timed.each(() -> Calls.check((int) computes.invokeExact(1, ROUNDS) == 1)),
              Timed.each(() -> Calls.check((int) computes.invokeExact(2, ROUNDS) == 1)),
              run.asked(Question.of("compute", 1)),
              run.asked(Question.of("compute", 2)));
      return List.of(
          Row.ofTimes("parallel_2_alone", Unit.MILLISECONDS, new Comparison(turns, 0, List.of(2))),
          Row.ofTimes("parallel_2_both", Unit.MILLISECONDS, new Comparison(turns, 1, List.of(3))),
          row("parallel_2", turns));
    }
  }

  /**
   * Compares how much more two threads do than one.
   *
   * @param turns of the library with one thread and with two, then of the floor with one and two
   */
  static Row row(String name, Turns turns) {
    double ours = turns.interval(turn -> 2 * turn[0] / turn[1]).median();
    double floor = turns.interval(turn -> 2 * turn[2] / turn[3]).median();
    Interval scaling = turns.interval(Parallel::scaling);
    return Row.of(name, "x", ours, floor, turns.count(), ours, null)
        .with(scaling)
        .withGoal(Goal.atLeast(GOAL, scaling));
  }

  /** Returns how much more two threads do than one, divided by what native threads do. */
  static double scaling(double... turn) {
    return turn[0] / turn[1] / (turn[2] / turn[3]);
  }
}
