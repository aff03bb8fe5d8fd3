package io.hyperlight.bench;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import java.util.List;

/** Measures the life of a sandbox: it is made, returns its first result, and is closed. */
final class Lives {
  private Lives() {}

  /** Measures new sandboxes of a guest that is already loaded. */
  static List<Row> coldStart(Run run) throws Throwable {
    Guest guest = Guests.small();
    return rows(
        "cold_start",
        1.25,
        run.compare(nanos -> start(guest, nanos), Question.LIFE_COLD, Question.LIFE));
  }

  static List<Row> spawn(Run run) throws Throwable {
    try (Snapshot snapshot = Guests.smallSnapshot(Sandbox.Builder.DEFAULT_MEMORY_SIZE)) {
      return rows(
          "spawn",
          1.10,
          run.compare(nanos -> spawn(snapshot, nanos), Question.LIFE_SPAWN, Question.LIFE));
    }
  }

  /** Compares with a C program with the same system calls, and with one with the fewest. */
  private static List<Row> rows(String name, double most, Comparison comparison) {
    return List.of(
        Row.ofTimes(name, Unit.MICROSECONDS, comparison).withGoal(Goal.atMost(most, comparison)),
        Row.ofTimes(name + "_fewest", Unit.MICROSECONDS, comparison.withSecondFloor()));
  }

  private static void start(Guest guest, long[] nanos) {
    long last = System.nanoTime();
    for (int i = 0; i < nanos.length; i++) {
      try (Sandbox sandbox = Sandbox.builder(guest).build()) {
        callOnce(sandbox);
      }
      long time = System.nanoTime();
      nanos[i] = time - last;
      last = time;
    }
  }

  static void spawn(Snapshot snapshot, long[] nanos) {
    long last = System.nanoTime();
    for (int i = 0; i < nanos.length; i++) {
      try (Sandbox sandbox = snapshot.spawn()) {
        callOnce(sandbox);
      }
      long time = System.nanoTime();
      nanos[i] = time - last;
      last = time;
    }
  }

  /** Calls by name. For a single call, binding a method handle would cost more. */
  static void callOnce(Sandbox sandbox) {
    Calls.check(sandbox.call("add", int.class, 1, 2) == 3);
  }
}
