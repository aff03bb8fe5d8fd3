package io.hyperlight.bench;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import java.lang.invoke.MethodHandle;
import java.util.List;

/** Measures calls that write to pages. Each is followed by a restore to a snapshot. */
final class FreshCalls {
  private static final Snapshot SNAPSHOT = Guests.snapshotWithPages(100);
  private static final Sandbox SANDBOX = SNAPSHOT.spawn();
  private static final MethodHandle TOUCH = SANDBOX.function("touch");

  private FreshCalls() {}

  static List<Row> eightPages(Run run) throws Throwable {
    Comparison comparison = run.compare(nanos -> touch(8, nanos), Question.EXIT);
    return List.of(
        Row.ofTimes("call_fresh", Unit.MICROSECONDS, comparison)
            .withGoal(Goal.atMost(1.10, comparison)));
  }

  static List<Row> hundredPages(Run run) throws Throwable {
    Comparison comparison =
        run.compare(nanos -> touch(100, nanos), Question.EXIT, Question.copyOfPages(100));
    return List.of(
        Row.ofTimes("call_fresh_100", Unit.MICROSECONDS, comparison)
            .withGoal(Goal.atMost(1.08, 1.5, comparison)));
  }

  /** Makes a call that writes to a number of pages, and restores the sandbox. */
  static int touchOnce(int pages) throws Throwable {
    int touched = (int) TOUCH.invokeExact(pages);
    SANDBOX.restore(SNAPSHOT);
    return touched;
  }

  static void restore() {
    SANDBOX.restore(SNAPSHOT);
  }

  private static void touch(int pages, long[] nanos) throws Throwable {
    long last = System.nanoTime();
    for (int i = 0; i < nanos.length; i++) {
      Calls.check(touchOnce(pages) == pages);
      long time = System.nanoTime();
      nanos[i] = time - last;
      last = time;
    }
  }
}
