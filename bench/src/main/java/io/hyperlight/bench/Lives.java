package io.hyperlight.bench;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import java.util.List;

/** Sandboxes from nothing to their first result, closed. */
final class Lives {
  private Lives() {}

  /** With a guest whose file is in memory, and known. */
  static List<Row> coldStart(Run run) throws Throwable {
    Guest guest = Guests.small();
    Comparison comparison = run.compare(nanos -> start(guest, nanos), Question.LIFE);
    return List.of(
        Row.ofTimes("cold_start", Unit.MICROSECONDS, comparison)
            .withGoal(Goal.atMost(1.25, comparison)));
  }

  static List<Row> spawn(Run run) throws Throwable {
    try (Snapshot snapshot = Guests.smallSnapshot(Sandbox.Builder.DEFAULT_MEMORY_SIZE)) {
      Comparison comparison = run.compare(nanos -> spawn(snapshot, nanos), Question.LIFE);
      return List.of(
          Row.ofTimes("spawn", Unit.MICROSECONDS, comparison)
              .withGoal(Goal.atMost(1.10, comparison)));
    }
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

  /** By name: a method handle would have to be bound for a single call. */
  static void callOnce(Sandbox sandbox) {
    Calls.check(sandbox.call("add", int.class, 1, 2) == 3);
  }
}
