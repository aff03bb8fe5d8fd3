package io.hyperlight;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.hyperlight.testing.Command;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Answers one request by CPython with json, re and decimal imported, in four ways that take turns: a
 * process of the system's, a program run in a sandbox from its start, a sandbox spawned from a warm
 * snapshot, and a sandbox restored to it. Prints the medians of wall-clock time, and what each is of
 * the process's.
 *
 * <p>To be run by hand, in this module's folder, with the number of rounds as its argument; see
 * docs/performance.md.
 */
final class ServingBenchmark {
  private static final String IMPORTS = "import sys, json, re, decimal\n";
  private static final String ANSWER =
      "print(json.dumps({'sum': sum(json.loads(sys.stdin.read())), 'third':"
          + " str(decimal.Decimal(1) / 3), 'words': re.findall('[a-z]+', 'one two')}))";

  private static final byte[] REQUEST = "[1, 2, 3, 4]".getBytes(UTF_8);

  private ServingBenchmark() {}

  public static void main(String[] arguments) {
    int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 31;
    String script = IMPORTS + ANSWER;
    Differential python = new Differential("/usr/bin/python3.11", "python3").withLibraries();
    try (Sandbox starting = python.program("-I", "-c", script).startServing();
        Snapshot warm = starting.snapshot();
        Sandbox restored = warm.spawn();
        SandboxPool pool = SandboxPool.of(warm).size(1).build()) {
      Map<String, Runnable> ways = new LinkedHashMap<>();
      ways.put(
          "process",
          () ->
              Command.runAlone(List.of("/usr/bin/python3.11", "-I", "-c", script), REQUEST));
      ways.put("run", () -> python.program("-I", "-c", script).stdin(REQUEST).run().orThrow());
      ways.put("spawn", () -> warm.serve(REQUEST));
      ways.put(
          "restore",
          () -> {
            restored.restore(warm);
            restored.serve(REQUEST);
          });
      ways.put("pool", () -> pool.serve(REQUEST));
      Map<String, long[]> times = new LinkedHashMap<>();
      ways.forEach((name, _) -> times.put(name, new long[rounds]));
      for (int round = -10; round < rounds; round++) {
        for (String way : new ArrayList<>(ways.keySet())) {
          long start = System.nanoTime();
          ways.get(way).run();
          if (round >= 0) {
            times.get(way)[round] = System.nanoTime() - start;
          }
        }
      }
      times.values().forEach(Arrays::sort);
      double process = times.get("process")[rounds / 2];
      times.forEach((name, sorted) ->
          System.out.printf(
              Locale.ROOT,
              "%-8s median %8.3f ms  p90 %8.3f ms  %.4f of a process%n",
              name,
              sorted[rounds / 2] / 1e6,
              sorted[rounds * 9 / 10] / 1e6,
              sorted[rounds / 2] / process));
    }
  }
}
