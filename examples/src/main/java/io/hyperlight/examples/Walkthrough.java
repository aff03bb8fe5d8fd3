package io.hyperlight.examples;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.Locale;

/**
 * Calls C functions in a micro-VM from Java. One of them calls a Java function back. The guest is
 * {@code guests/hello.c}, which the build compiles.
 */
public final class Walkthrough {
  private static final int WARM_UPS = 3;
  private static final int LATER_CALLS = 1_000;

  private Walkthrough() {}

  /**
   * Returns the guest that the build compiled.
   *
   * @throws IllegalStateException if it is missing or cannot be read
   */
  public static Guest guest() {
    try (InputStream file = Walkthrough.class.getResourceAsStream("hello")) {
      if (file == null) {
        throw new IllegalStateException("the build has not compiled guests/hello.c");
      }
      return Guest.of("hello", file.readAllBytes());
    } catch (IOException e) {
      throw new IllegalStateException("cannot read the guest", e);
    }
  }

  /**
   * Runs the walk-through.
   *
   * @param out gets a report of each step
   */
  public static void run(PrintStream out) {
    Guest guest = guest();
    out.println("The guest exports " + guest.exports());
    out.println("          imports " + guest.imports());
    out.println();

    // These rounds warm up the JVM, so that the times below are those of the VM.
    for (int i = 0; i < WARM_UPS; i++) {
      try (Sandbox sandbox = build(guest, out)) {
        sandbox.call("add", int.class, 2, 40);
        callOften(sandbox);
      }
    }

    long start = System.nanoTime();
    try (Sandbox sandbox = build(guest, out)) {
      final long created = System.nanoTime();

      int sum = sandbox.call("add", int.class, 2, 40);
      final long called = System.nanoTime();

      String greeting = sandbox.call("say_hello", String.class, "World");

      out.println("add(2, 40)         = " + sum);
      out.println("say_hello(\"World\") = " + greeting);
      out.println();
      out.printf(Locale.ROOT, "creating the VM    %8.1f us%n", (created - start) / 1e3);
      out.printf(Locale.ROOT, "the first call     %8.1f us%n", (called - created) / 1e3);
      out.printf(Locale.ROOT, "a later call       %8.1f us%n", callOften(sandbox) / 1e3);
    }
  }

  private static Sandbox build(Guest guest, PrintStream out) {
    return Sandbox.builder(guest)
        .hostFunction("get_weekday", () -> "Monday")
        .hostPrint(out)
        .build();
  }

  /** Returns the median time of a warm call, in nanoseconds. */
  private static double callOften(Sandbox sandbox) {
    MethodHandle add = sandbox.function("add");
    long[] times = new long[LATER_CALLS];
    try {
      for (int i = 0; i < LATER_CALLS; i++) {
        long start = System.nanoTime();
        int sum = (int) add.invokeExact(i, 1);
        times[i] = System.nanoTime() - start;
        if (sum != i + 1) {
          throw new IllegalStateException(i + " + 1 = " + sum);
        }
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable t) {
      throw new IllegalStateException(t);
    }
    Arrays.sort(times);
    return times[LATER_CALLS / 2];
  }

  /** Runs the walk-through and reports on standard output. */
  public static void main(String[] arguments) {
    run(System.out);
  }
}
