package io.hyperlight.bench;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;

/** Measures the bytes that a compiled call allocates on the Java heap. */
final class Allocation {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private static final int ATTEMPTS = 4;
  private static final int LOOP = 100;

  private Allocation() {}

  static List<Row> measure(Run run) throws Throwable {
    long nanos = run.effort().sideNanos() + run.effort().warmUpNanos();
    int calls = Math.clamp(nanos / 40_000, 2_000, 100_000);
    return List.of(
        row("alloc", calls, Allocation::call), row("alloc_fresh", calls, Allocation::callFresh));
  }

  @FunctionalInterface
  private interface Loop {
    void run(int calls) throws Throwable;
  }

  private static Row row(String name, int calls, Loop loop) throws Throwable {
    double bytes = (double) bytes(calls, loop) / calls;
    return Row.of(name, "bytes", bytes, 0, calls, bytes, null).withGoal(Goal.zero(bytes));
  }

  /**
   * Returns the minimum of a few attempts. In the first attempts, the JIT compiler may still be at
   * work.
   */
  private static long bytes(int calls, Loop loop) throws Throwable {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < ATTEMPTS && least > 0; i++) {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      // The loops are short, because the JIT compiler counts how often they are entered.
      for (int rest = calls; rest > 0; rest -= LOOP) {
        loop.run(LOOP);
      }
      least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
    }
    return least;
  }

  private static void call(int calls) throws Throwable {
    for (int i = 0; i < calls; i++) {
      Calls.check(Calls.addOnce(i, 1) == i + 1);
    }
  }

  private static void callFresh(int calls) throws Throwable {
    for (int i = 0; i < calls; i++) {
      Calls.check(FreshCalls.touchOnce(8) == 8);
    }
  }
}
