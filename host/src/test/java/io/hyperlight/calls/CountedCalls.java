package io.hyperlight.calls;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The main class of a separate JVM under strace. It warms a function up, then calls it 1,000 times,
 * 2,000 times, and 1,000 times with a restore after each. To mark where each part begins and ends,
 * it looks for files that do not exist.
 */
final class CountedCalls {
  /** The start of the markers' names; a digit follows. */
  static final String MARKER = "/hyperlight-marker-";

  private static final int WARM_UP = 2_000;

  private CountedCalls() {}

  public static void main(String[] arguments) throws Throwable {
    try (Sandbox sandbox = Sandbox.builder(Guest.load(Path.of(arguments[0]))).build()) {
      MethodHandle add = sandbox.function("add");
      call(add, WARM_UP);
      mark(0); // loads what marking needs
      mark(1);
      call(add, 1_000);
      mark(2);
      call(add, 2_000);
      mark(3);
      try (Snapshot snapshot = sandbox.snapshot();
          Sandbox spawned = snapshot.spawn()) {
        MethodHandle spawnedAdd = spawned.function("add");
        callFresh(spawned, spawnedAdd, snapshot, WARM_UP);
        mark(4);
        callFresh(spawned, spawnedAdd, snapshot, 1_000);
        mark(5);
      }
    }
  }

  private static void callFresh(Sandbox sandbox, MethodHandle add, Snapshot snapshot, int times)
      throws Throwable {
    for (int i = 0; i < times; i++) {
      call(add, 1);
      sandbox.restore(snapshot);
    }
  }

  private static void call(MethodHandle add, int times) throws Throwable {
    for (int i = 0; i < times; i++) {
      int sum = (int) add.invokeExact(i, 1);
      if (sum != i + 1) {
        throw new AssertionError(sum);
      }
    }
  }

  private static void mark(int number) {
    if (Files.exists(Path.of(MARKER + number))) {
      throw new AssertionError(number);
    }
  }
}
