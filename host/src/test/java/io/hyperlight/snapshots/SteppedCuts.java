package io.hyperlight.snapshots;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.hyperlight.Program;
import io.hyperlight.ProgramServer;
import io.hyperlight.ProgramSnapshot;
import io.hyperlight.error.CallInterruptedException;
import io.hyperlight.testing.Steps;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Changes mappings and ends each change at one checkpoint after the other. The library is loaded
 * with counters in its checkpoints. For {@link CutMappingsTest}.
 */
public final class SteppedCuts implements Runnable {
  private final Path program;
  private final String kinds;
  private final int rounds;

  /**
   * A static program that serves.
   *
   * @param kinds of changes, a character each
   * @param rounds how often each is ended, roughly
   */
  public SteppedCuts(Path program, String kinds, int rounds) {
    this.program = program;
    this.kinds = kinds;
    this.rounds = rounds;
  }

  @Override
  public void run() {
    Program serving =
        Program.of(program)
            .memorySize(6L << 20)
            .stackSize(64 << 10)
            .callTimeout(Duration.ofMinutes(10));
    try (ProgramServer first = serving.startServing();
        ProgramSnapshot snapshot = first.snapshot();
        ProgramServer sandbox = snapshot.spawn()) {
      for (int i = 0; i < kinds.length(); i++) {
        cut(sandbox, snapshot, kinds.substring(i, i + 1));
      }
    }
  }

  private void cut(ProgramServer sandbox, ProgramSnapshot snapshot, String kind) {
    long all = Steps.checkpoints(() -> require(sandbox, kind, "0"));
    restored(sandbox, snapshot, kind + " to its end");
    int cut = 0;
    for (long at = 0; at < all; at += 1 + all / rounds) {
      Steps.atCheckpoint(at, () -> require(sandbox.interrupt(), kind));
      try {
        require(sandbox, kind, "0");
      } catch (CallInterruptedException e) {
        cut++;
      } finally {
        Steps.atCheckpoint(Long.MAX_VALUE, () -> {});
      }
      restored(sandbox, snapshot, kind + " up to checkpoint " + at + " of " + all);
    }
    // The last checkpoints may belong to the answer.
    require(cut > rounds / 2, kind + " was ended " + cut + " times");
  }

  private static void restored(ProgramServer sandbox, ProgramSnapshot snapshot, String what) {
    sandbox.restore(snapshot);
    String wrong = serve(sandbox, "?");
    require(wrong.equals("0"), what + ": " + wrong + " wrong after the restore");
    sandbox.restore(snapshot);
  }

  private static void require(ProgramServer sandbox, String request, String wanted) {
    String answer = serve(sandbox, request);
    require(answer.equals(wanted), request + ": " + answer);
  }

  private static String serve(ProgramServer sandbox, String request) {
    return new String(sandbox.serve(request.getBytes(UTF_8)), UTF_8);
  }

  private static void require(boolean condition, String what) {
    if (!condition) {
      throw new AssertionError(what);
    }
  }
}
