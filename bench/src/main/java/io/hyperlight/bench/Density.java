package io.hyperlight.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Measures the private memory of many idle sandboxes of one snapshot, in a JVM of their own. */
final class Density {
  private Density() {}

  static List<Row> measure(Run run) throws IOException, InterruptedException {
    int sandboxes = run.effort().sandboxes();
    double ours = (double) ours(sandboxes) / sandboxes / 1024;
    long bare = run.floor().ask(Question.of("density", sandboxes), 1)[0];
    double floor = (double) bare / sandboxes / 1024;
    return List.of(
        Row.of("density", "KiB/VM", ours, floor, sandboxes, ours, null)
            .withGoal(Goal.atMost(1.2, ours / floor)));
  }

  /** Returns the memory of all sandboxes together, in bytes. */
  private static long ours(int sandboxes) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Java.command(
                    DensityProbe.class,
                    // With these options, the heap and the JIT compilers do not change the count.
                    List.of(
                        "-Xint", "-XX:+UseSerialGC", "-Xms256m", "-Xmx256m", "-XX:+AlwaysPreTouch"),
                    List.of(Integer.toString(sandboxes))))
            .redirectErrorStream(true)
            .start();
    String said =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    if (process.waitFor() != 0) {
      throw new IllegalStateException("counting memory failed: " + said);
    }
    return Long.parseLong(said);
  }
}
