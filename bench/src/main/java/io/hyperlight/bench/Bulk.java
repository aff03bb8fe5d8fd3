package io.hyperlight.bench;

import io.hyperlight.Sandbox;
import java.lang.invoke.MethodHandle;
import java.util.List;

/** Measures calls that pass 64 MiB in and out and sum them, and each direction alone. */
final class Bulk {
  private static final int SIZE = 64 << 20;
  private static final long MEMORY = 256L << 20;
  private static final double GIGABYTES = SIZE / 1e9;

  private Bulk() {}

  static List<Row> measure(Run run) throws Throwable {
    byte[] bytes = new byte[SIZE];
    try (Sandbox sandbox = Guests.large().memorySize(MEMORY).build()) {
      MethodHandle both = sandbox.function("sum_and_return");
      MethodHandle in = sandbox.function("take");
      MethodHandle out = sandbox.function("give");
      Comparison all =
          run.compare(
              repeated(() -> Calls.check(((byte[]) both.invokeExact(bytes)).length == SIZE)),
              Question.of("sum_large", 0));
      Question copy = Question.of("copy_large", 0);
      Comparison inwards =
          run.compare(repeated(() -> Calls.check((long) in.invokeExact(bytes) == SIZE)), copy);
      Comparison outwards =
          run.compare(
              repeated(() -> Calls.check(((byte[]) out.invokeExact(SIZE)).length == SIZE)), copy);
      return List.of(row("bulk_in", inwards), row("bulk_out", outwards), rate("bulk_summed", all));
    }
  }

  private static Row rate(String name, Comparison comparison) {
    return Row.ofRates(name, "GB/s", GIGABYTES, 1, comparison);
  }

  private static Row row(String name, Comparison comparison) {
    Row rate = rate(name, comparison);
    return rate.withGoal(Goal.atLeast(0.8, comparison.ratioOfRates()));
  }

  private interface Transfer {
    void run() throws Throwable;
  }

  private static Sampler repeated(Transfer transfer) {
    return nanos -> {
      for (int i = 0; i < nanos.length; i++) {
        long start = System.nanoTime();
        transfer.run();
        nanos[i] = System.nanoTime() - start;
      }
    };
  }
}
