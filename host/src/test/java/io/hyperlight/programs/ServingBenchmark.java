package io.hyperlight.programs;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.hyperlight.ProgramPool;
import io.hyperlight.ProgramServer;
import io.hyperlight.ProgramSnapshot;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.Differential;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Answers one request with CPython, with json, re and decimal imported. Four ways take turns. Two
 * run it from its start, as an ordinary process and in a sandbox. The others use a warm snapshot:
 * one spawns a sandbox from it, one restores a sandbox to it. Prints the medians of the elapsed
 * times, and their ratios to that of the process.
 *
 * <p>Run it by hand, in this module's folder, with the number of rounds as its argument; see
 * docs/performance.md.
 */
final class ServingBenchmark {
  private static final String IMPORTS = "import sys, json, re, decimal\n";
  private static final String ANSWER =
      "print(json.dumps({'sum': sum(json.loads(sys.stdin.read())), 'third':"
          + " str(decimal.Decimal(1) / 3), 'words': re.findall('[a-z]+', 'one two')}))";

  private static final byte[] REQUEST = "[1, 2, 3, 4]".getBytes(UTF_8);

  private static final int WARM_UP = 10;

  private ServingBenchmark() {}

  @SuppressWarnings("ArrayRecordComponent") // filled, never compared
  private record Way(String name, long[] times, Runnable run) {}

  public static void main(String[] arguments) {
    int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 31;
    String script = IMPORTS + ANSWER;
    Differential python = new Differential("/usr/bin/python3", "python3").withLibraries();
    try (ProgramServer starting = python.program("-I", "-c", script).startServing();
        ProgramSnapshot warm = starting.snapshot();
        ProgramServer restored = warm.spawn();
        ProgramPool pool = ProgramPool.builder(warm).size(1).build()) {
      List<Way> ways =
          List.of(
              new Way(
                  "process",
                  new long[rounds],
                  () -> Command.runAlone(List.of("/usr/bin/python3", "-I", "-c", script), REQUEST)),
              new Way(
                  "run",
                  new long[rounds],
                  () -> python.program("-I", "-c", script).stdin(REQUEST).run().orThrow()),
              new Way("spawn", new long[rounds], () -> warm.serve(REQUEST)),
              new Way(
                  "restore",
                  new long[rounds],
                  () -> {
                    restored.restore(warm);
                    restored.serve(REQUEST);
                  }),
              new Way("pool", new long[rounds], () -> pool.serve(REQUEST)));
      for (int round = -WARM_UP; round < rounds; round++) {
        for (Way way : ways) {
          long start = System.nanoTime();
          way.run.run();
          if (round >= 0) {
            way.times[round] = System.nanoTime() - start;
          }
        }
      }
      ways.forEach(way -> Arrays.sort(way.times));
      double process = ways.getFirst().times[rounds / 2];
      for (Way way : ways) {
        System.out.printf(
            Locale.ROOT,
            "%-8s median %8.3f ms  p90 %8.3f ms  %.4f of a process%n",
            way.name,
            way.times[rounds / 2] / 1e6,
            way.times[rounds * 9 / 10] / 1e6,
            way.times[rounds / 2] / process);
      }
    }
  }
}
