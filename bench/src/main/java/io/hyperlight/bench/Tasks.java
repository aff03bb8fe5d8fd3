package io.hyperlight.bench;

import io.hyperlight.Sandbox;
import java.lang.invoke.MethodHandle;
import java.util.List;

/** Measures how two threads of a guest take turns on one vCPU. */
final class Tasks {
  /** How often each of the two threads has its turn in a call. Starting a thread is lost in it. */
  private static final int ROUNDS = 500;

  private Tasks() {}

  /** Each switch is one exit: of the thread that yields. */
  static List<Row> yields(Run run) throws Throwable {
    Comparison comparison = compare(run, "yields", Question.of("switch", 0));
    return List.of(
        Row.ofTimes("thread_switch", Unit.MICROSECONDS, comparison)
            .withGoal(Goal.atMost(1.25, comparison)));
  }

  /** Each handover is two exits: the wake, and the wait of the thread that has woken the other. */
  static List<Row> handovers(Run run) throws Throwable {
    Comparison comparison = compare(run, "handovers", Question.of("handover", 0));
    return List.of(
        Row.ofTimes("futex_handover", Unit.MICROSECONDS, comparison)
            .withGoal(Goal.atMost(1.25, comparison)));
  }

  private static Comparison compare(Run run, String function, Question question) throws Throwable {
    try (Sandbox sandbox = Guests.threads().build()) {
      MethodHandle turns = sandbox.function(function);
      return run.compare(nanos -> sample(turns, nanos), question);
    }
  }

  private static void sample(MethodHandle turns, long[] nanos) throws Throwable {
    long last = System.nanoTime();
    for (int i = 0; i < nanos.length; i++) {
      Calls.check((int) turns.invokeExact(ROUNDS) == ROUNDS);
      long time = System.nanoTime();
      nanos[i] = (time - last) / (2 * ROUNDS);
      last = time;
    }
  }
}
