package io.hyperlight;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.hyperlight.testing.Steps;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * Does everything that can be done with a sandbox and a pool's sandbox. The library is loaded so
 * that it counts its steps. For {@link LifeStepsTest}.
 */
public final class SteppedLife implements Runnable {
  /** What is done. Each phase has a number of its own. */
  enum Phase {
    /** A program is loaded, and runs until it asks for a request. */
    START(-2),
    /** A snapshot of that. */
    FREEZE(-3),
    /** A request in which a guest makes as much as it can. */
    SERVE(-4),
    /** Back to that state again, with nothing to forget. */
    RESTORE(-5),
    /** Back to that again, with nothing to forget. */
    RESTORE_AGAIN(-6),
    /** As a pool takes back what was lent. */
    RECLAIM(-7),
    /** As a pool makes it ready for others. */
    RECYCLE(-8),
    /** The files of the guest. */
    FILES(-9),
    /** A snapshot with all that it has made. */
    FREEZE_ALL(-10),
    /** A new one that has all that, too. */
    SPAWN_OF_ALL(-11),
    /** Back to all that. */
    RESTORE_TO_ALL(-12),
    /** A new one that has nothing. */
    SPAWN(-13),
    /** With all that it has made. */
    CLOSE(-14),
    /** A snapshot with all that. */
    CLOSE_SNAPSHOT(-15);

    private final long number;

    Phase(long number) {
      this.number = number;
    }

    /** Returns a number that no system call has. */
    long number() {
      return number;
    }
  }

  private final Path program;
  private final String levels;

  /**
   * A static program that serves.
   *
   * @param levels how deep its directories are
   */
  public SteppedLife(Path program, String levels) {
    this.program = program;
    this.levels = levels;
  }

  @Override
  public void run() {
    Program serving =
        Program.of(program)
            .args(levels)
            .memorySize(LifeStepsTest.MEMORY_BYTES)
            .callTimeout(Duration.ofMinutes(10))
            .mount("/t", FileTree.memory(64L << 20));
    try (ProgramServer first = Steps.inCall(Phase.START.number(), serving::startServing);
        ProgramSnapshot snapshot = count(Phase.FREEZE, first::snapshot)) {
      restore(snapshot);
      recycle(snapshot);
    }
  }

  private void serve(ProgramServer sandbox) {
    byte[] answer = Steps.inCall(Phase.SERVE.number(), () -> sandbox.serve("fill".getBytes(UTF_8)));
    String made = new String(answer, UTF_8);
    if (!made.matches("20000 5 2000 10000 \\d{4,5} 2\\d\\d 1024\n")) {
      throw new AssertionError("it has made less: " + made);
    }
  }

  private void restore(ProgramSnapshot snapshot) {
    ProgramServer sandbox = count(Phase.SPAWN, snapshot::spawn);
    serve(sandbox);
    count(Phase.FILES, sandbox::files);
    ProgramSnapshot all = count(Phase.FREEZE_ALL, sandbox::snapshot);
    run(Phase.RESTORE, () -> sandbox.restore(snapshot));
    run(Phase.RESTORE_AGAIN, () -> sandbox.restore(snapshot));
    sandbox.close();
    ProgramServer copy = count(Phase.SPAWN_OF_ALL, all::spawn);
    run(Phase.RESTORE_TO_ALL, () -> copy.restore(all));
    run(Phase.CLOSE, copy::close);
    run(Phase.CLOSE_SNAPSHOT, all::close);
  }

  /** Does on this thread what a pool does on its own threads. */
  private void recycle(ProgramSnapshot snapshot) {
    ServerKeeper keeper = new ServerKeeper(snapshot);
    ProgramServer lent = count(Phase.SPAWN, keeper::create);
    serve(lent);
    ProgramServer back = count(Phase.RECLAIM, () -> Objects.requireNonNull(keeper.reclaim(lent)));
    run(Phase.RECYCLE, () -> keeper.clean(back));
    keeper.close(back);
  }

  private static <T> T count(Phase phase, Supplier<T> work) {
    return Steps.outsideOfCalls(phase.number(), work);
  }

  private static void run(Phase phase, Runnable work) {
    Phase _ =
        count(
            phase,
            () -> {
              work.run();
              return phase;
            });
  }
}
