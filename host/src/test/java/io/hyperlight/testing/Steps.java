package io.hyperlight.testing;

import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How much the library does between two checkpoints, as {@link CountingLoader} makes it count: a
 * step for each method that is entered and each round of a loop, for each page that is copied in
 * one go, and for each page of the heap that is allocated. No clock takes part.
 */
public final class Steps {
  private static final int PAGE = 4096;

  private static final com.sun.management.ThreadMXBean THREADS =
      (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

  private static @Nullable Steps counting;

  private final Thread thread = Thread.currentThread();
  private final Map<Long, Long> most = new TreeMap<>();
  private long systemCall = -1;
  private long steps;
  private long allocated;

  private Steps() {}

  /**
   * Counts what this thread does.
   *
   * @return the most steps between two checkpoints, by the number of the system call in which they
   *     were made; -1 for those before the first one
   */
  public static Map<Long, Long> count(Runnable work) {
    Steps steps = new Steps();
    steps.allocated = THREADS.getCurrentThreadAllocatedBytes();
    counting = steps;
    try {
      work.run();
    } finally {
      counting = null;
      steps.end();
    }
    return steps.most;
  }

  private static @Nullable Steps ofThisThread() {
    Steps now = counting;
    return now != null && now.thread == Thread.currentThread() ? now : null;
  }

  /** A method is entered, or a loop goes round. */
  public static void step() {
    Steps now = ofThisThread();
    if (now != null) {
      now.steps++;
    }
  }

  /** So many elements are copied. */
  public static void copy(long count) {
    Steps now = ofThisThread();
    if (now != null) {
      now.steps += count / PAGE;
    }
  }

  /** The call can be ended here. */
  public static void checkpoint() {
    Steps now = ofThisThread();
    if (now != null) {
      now.end();
    }
  }

  /** A system call begins. */
  public static void systemCall(long number) {
    Steps now = ofThisThread();
    if (now != null) {
      now.end();
      now.systemCall = number;
    }
  }

  private void end() {
    long now = THREADS.getCurrentThreadAllocatedBytes();
    long all = steps + (now - allocated) / PAGE;
    most.merge(systemCall, all, Math::max);
    steps = 0;
    allocated = now;
  }
}
