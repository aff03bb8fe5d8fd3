package io.hyperlight.snippets;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.value.Limits;
import java.io.PrintStream;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;

/** The examples in the Javadoc of {@link Sandbox}, which a test runs. */
final class SandboxSnippets {
  private SandboxSnippets() {}

  static void overview(Path file, PrintStream out) {
    // @start region="overview"
    Guest guest = Guest.load(file);
    try (Sandbox sandbox =
        Sandbox.builder(guest)
            .memorySize(8 << 20)
            .hostFunction("get_weekday", () -> LocalDate.of(2026, 1, 1).getDayOfWeek().toString())
            .hostPrint(out)
            .build()) {
      out.println(sandbox.call("say_hello", String.class, "Java")); // Hello, Java! It is THURSDAY.
      out.println(sandbox.call("add", int.class, 2, 3)); // 5
    }
    // @end
  }

  static int function(Sandbox sandbox) throws Throwable {
    // @start region="function"
    MethodHandle add = sandbox.function("add"); // of type (int, int)int
    int sum = (int) add.invokeExact(2, 3);
    // @end
    return sum;
  }

  static Sandbox limits(Guest guest) {
    // @start region="limits"
    Sandbox sandbox =
        Sandbox.builder(guest)
            .limits(
                Limits.DEFAULT
                    .withCallTimeout(Duration.ofMillis(500))
                    .withCpuTime(Duration.ofMillis(200))
                    .withHostCalls(1_000))
            .hostFunction("get_weekday", () -> "THURSDAY")
            .build();
    // @end
    return sandbox;
  }

  static int within(Sandbox sandbox) {
    // @start region="within"
    Sandbox.Timed impatient = sandbox.within(Duration.ofMillis(500));
    int sum = impatient.call("add", int.class, 2, 3);
    // @end
    return sum;
  }
}
