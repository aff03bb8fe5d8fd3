package io.hyperlight.bench;

import com.sun.management.ThreadMXBean;
import io.hyperlight.Lease;
import io.hyperlight.Sandbox;
import io.hyperlight.SandboxPool;
import io.hyperlight.Snapshot;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A program for a JVM of its own under strace. It repeats each operation. To mark the begin and the
 * end in the trace, it looks for files that do not exist. It prints the name of the operation, and
 * how many bytes of the Java heap one repetition allocates.
 */
final class CountedOperations {
  /** The start of the markers' names. The name of the operation and {@code -end} follow. */
  static final String MARKER = "/hyperlight-marker-";

  static final int TIMES = 50;

  private static final int WARM_UP = 200;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private CountedOperations() {}

  private interface Operation {
    void run() throws Throwable;
  }

  public static void main(String[] arguments) throws Throwable {
    mark("none"); // This loads the classes for marking.
    count("call", WARM_UP, () -> Calls.addOnce(1, 2));
    count("fresh call", WARM_UP, () -> FreshCalls.touchOnce(8));
    count("host call", WARM_UP, () -> Calls.askOnce(1));
    count("cold start", WARM_UP / 10, CountedOperations::coldStart);
    try (Snapshot snapshot = Guests.smallSnapshot(Sandbox.Builder.DEFAULT_MEMORY_SIZE)) {
      count("spawn", WARM_UP / 10, () -> spawn(snapshot));
      countAcquisitions(snapshot);
    }
  }

  private static void coldStart() {
    try (Sandbox sandbox = Sandbox.builder(Guests.small()).build()) {
      Lives.callOnce(sandbox);
    }
  }

  private static void spawn(Snapshot snapshot) {
    try (Sandbox sandbox = snapshot.spawn()) {
      Lives.callOnce(sandbox);
    }
  }

  private static void countAcquisitions(Snapshot snapshot) throws Throwable {
    int sandboxes = TIMES + 2;
    List<Lease<Sandbox>> leases = new ArrayList<>(sandboxes);
    try (SandboxPool pool = SandboxPool.builder(snapshot).size(sandboxes).idle(sandboxes).build()) {
      while (pool.statistics().ready() < sandboxes) {
        Thread.onSpinWait();
      }
      count("acquire", 2, () -> leases.add(pool.acquire()));
      leases.forEach(Lease::close);
    }
  }

  private static void count(String name, int warmUp, Operation operation) throws Throwable {
    for (int i = 0; i < warmUp; i++) {
      operation.run();
    }
    mark(name);
    long before = THREADS.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < TIMES; i++) {
      operation.run();
    }
    long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
    mark(name + "-end");
    System.out.println(name + "=" + allocated / TIMES);
  }

  private static void mark(String name) {
    if (Files.exists(Path.of(MARKER + name))) {
      throw new AssertionError(name);
    }
  }
}
