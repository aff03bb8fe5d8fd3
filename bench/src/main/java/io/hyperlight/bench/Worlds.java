package io.hyperlight.bench;

import io.hyperlight.ProgramServer;
import java.util.ArrayList;
import java.util.List;

/**
 * Measures clones of a warm JVM and of a warm Node.js, with all their threads. The floor's VM has
 * as much memory and as many pieces, and writes as many pages and makes as many exits in a request.
 * It computes nothing, and does not run at all in the rows of a clone.
 */
final class Worlds {
  private static final double GOAL = 1.25;

  private Worlds() {}

  static List<Row> jvmSpawn(Run run) throws Throwable {
    return spawn("jvm_spawn", ServedRuntime.JVM, run);
  }

  static List<Row> jvmFresh(Run run) throws Throwable {
    return fresh("jvm_fresh", ServedRuntime.JVM, run);
  }

  static List<Row> nodeSpawn(Run run) throws Throwable {
    return spawn("node_spawn", ServedRuntime.NODE, run);
  }

  static List<Row> nodeFresh(Run run) throws Throwable {
    return fresh("node_fresh", ServedRuntime.NODE, run);
  }

  /** A clone that is made and closed; and one that serves a request, against a new process. */
  private static List<Row> spawn(String name, ServedRuntime runtime, Run run) throws Throwable {
    if (isMissing(name, runtime)) {
      return List.of();
    }
    try (ServedWorld world = ServedWorld.start(runtime)) {
      world.describeTo(run.floor());
      Comparison made = run.compare(Timed.each(world::makeAndClose), Question.of("world_spawn", 0));
      Comparison served =
          run.forRival()
              .compare(Timed.each(world::makeAndServe), Timed.each(world::serveInNewProcess));
      return List.of(
          Row.ofTimes(name, Unit.MICROSECONDS, made).withGoal(Goal.atMost(GOAL, made)),
          Row.ofTimes(name + "_served", Unit.MILLISECONDS, served).against("a new process"));
    }
  }

  /** A restore and a request; and the same against a warm child process, which is not fresh. */
  private static List<Row> fresh(String name, ServedRuntime runtime, Run run) throws Throwable {
    if (isMissing(name, runtime)) {
      return List.of();
    }
    try (ServedWorld world = ServedWorld.start(runtime);
        ProgramServer clone = world.spawn();
        ServedChild child = world.warmChild()) {
      world.describeTo(run.floor());
      Sampler ours = Timed.each(() -> world.serveFresh(clone));
      Comparison comparison = run.compare(ours, Question.of("world_fresh", 0));
      List<Long> computing = new ArrayList<>();
      Comparison warm =
          run.forRival()
              .compare(
                  ours,
                  Timed.each(
                      () -> computing.add(ServedWorld.nanosOf(child.serve(ServedWorld.REQUEST)))));
      double nanos = Samples.of(computing.stream().mapToLong(Long::longValue).toArray()).median();
      return List.of(
          Row.ofTimes(name, Unit.MICROSECONDS, comparison)
              .withGoal(Goal.atMostWithComputing(GOAL, nanos, comparison)),
          Row.ofTimes(name + "_pipe", Unit.MICROSECONDS, warm).against("a warm child process"));
    }
  }

  private static boolean isMissing(String name, ServedRuntime runtime) {
    if (runtime.isInstalled()) {
      return false;
    }
    System.err.println(name + " is left out, since there is no " + runtime.executable());
    return true;
  }
}
