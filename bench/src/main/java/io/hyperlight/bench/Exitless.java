package io.hyperlight.bench;

import io.hyperlight.Sandbox;
import java.lang.invoke.MethodHandle;
import java.util.List;

/** Measures exitless calls, between two cores that share a cache line. */
final class Exitless {
  private static final Question ROUND_TRIP = new Question("cache_line", 0, 1000);

  private Exitless() {}

  static List<Row> call(Run run) throws Throwable {
    try (Sandbox sandbox = Guests.large().exitless().build()) {
      MethodHandle add = sandbox.function("add");
      return List.of(row("call_exitless", run.compare(nanos -> Calls.add(add, nanos), ROUND_TRIP)));
    }
  }

  static List<Row> hostCall(Run run) throws Throwable {
    try (Sandbox sandbox = Guests.large().exitless().build()) {
      MethodHandle ask = sandbox.function("ask");
      return List.of(row("host_call_exitless", run.compare(nanos -> ask(ask, nanos), ROUND_TRIP)));
    }
  }

  private static Row row(String name, Comparison comparison) {
    return Row.ofTimes(name, Unit.NANOSECONDS, comparison).withGoal(Goal.atMost(6, comparison));
  }

  private static void ask(MethodHandle ask, long[] nanos) throws Throwable {
    long last = System.nanoTime();
    for (int i = 0; i < nanos.length; i++) {
      Calls.check((int) ask.invokeExact(i) == 2 * i);
      long time = System.nanoTime();
      nanos[i] = time - last;
      last = time;
    }
  }
}
