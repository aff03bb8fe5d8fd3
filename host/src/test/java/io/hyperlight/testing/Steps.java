package io.hyperlight.testing;

import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Counts how much the library does between two checkpoints; {@link CountingLoader} adds the calls.
 * A step is the entry of a method, a round of a loop, a page that is copied with others in one
 * operation, or a page of the heap that is allocated. No clock is involved.
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
  private long checkpoints;

  /** How many are passed before the one at which something is done. */
  private long left = Long.MAX_VALUE;

  private Runnable atCheckpoint = () -> {};

  /** Whether there is no call, so that nothing can end the work. */
  private boolean outsideOfCalls;

  private Steps() {}

  /**
   * Counts what this thread does.
   *
   * @return the largest number of steps between two checkpoints, by the number of the system call
   *     in which they were made; -1 for those before the first one
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

  /** Called when a method is entered and in each round of a loop. */
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

  /** Called where the call can be ended. */
  public static void checkpoint() {
    Steps now = ofThisThread();
    if (now != null && !now.outsideOfCalls) {
      now.end();
      now.passCheckpoint();
    }
  }

  private void passCheckpoint() {
    checkpoints++;
    if (left-- == 0) {
      atCheckpoint.run();
    }
  }

  /** How many checkpoints this thread passes in some work. */
  public static long checkpoints(Runnable work) {
    Steps now = Objects.requireNonNull(ofThisThread());
    long before = now.checkpoints;
    work.run();
    return now.checkpoints - before;
  }

  /**
   * Does something at one of the checkpoints that this thread passes.
   *
   * @param after how many others
   */
  public static void atCheckpoint(long after, Runnable work) {
    Steps now = Objects.requireNonNull(ofThisThread());
    now.left = after;
    now.atCheckpoint = work;
  }

  /**
   * Counts work outside of calls under a number of its own. Checkpoints have no effect there, so
   * all of its steps count.
   *
   * @param number a number that no system call has
   */
  public static <T> T outsideOfCalls(long number, Supplier<T> work) {
    Steps now = Objects.requireNonNull(ofThisThread());
    now.begin(number);
    now.outsideOfCalls = true;
    try {
      return work.get();
    } finally {
      now.outsideOfCalls = false;
      now.begin(-1);
    }
  }

  /** As {@link #outsideOfCalls} for a call, which can be ended at its checkpoints. */
  public static <T> T inCall(long number, Supplier<T> work) {
    Steps now = Objects.requireNonNull(ofThisThread());
    now.begin(number);
    try {
      return work.get();
    } finally {
      now.begin(-1);
    }
  }

  /** A system call begins. */
  public static void systemCall(long number) {
    Steps now = ofThisThread();
    if (now != null) {
      now.begin(number);
    }
  }

  private void begin(long number) {
    end();
    systemCall = number;
  }

  private void end() {
    long now = THREADS.getCurrentThreadAllocatedBytes();
    long all = steps + (now - allocated) / PAGE;
    most.merge(systemCall, all, Math::max);
    steps = 0;
    allocated = now;
  }
}
