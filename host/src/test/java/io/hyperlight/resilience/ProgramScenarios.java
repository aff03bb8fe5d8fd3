package io.hyperlight.resilience;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.hyperlight.FileTree;
import io.hyperlight.Program;
import io.hyperlight.ProgramResult;
import io.hyperlight.ProgramServer;
import io.hyperlight.ProgramSnapshot;
import java.nio.file.Path;

/** The scenarios of {@link FaultScenarios} with whole programs. */
final class ProgramScenarios {
  private static final byte[] REQUEST = "hello\n".getBytes(US_ASCII);

  private final Trial trial;
  private final Path program;
  private final Path folder;

  ProgramScenarios(Trial trial, Path program, Path folder) {
    this.trial = trial;
    this.program = program;
    this.folder = folder;
  }

  void program() throws Exception {
    ProgramResult result =
        trial.inject(() ->
            Program.of(program)
                .memorySize(8 << 20)
                .stackSize(1 << 20)
                .args("/data/file")
                .mount("/data", FileTree.directory(folder))
                .run());
    if (result != null) {
      boolean right = result.status() == 0 && result.outputText().equals("contents\n");
      trial.expect(
          right || (trial.hasFailed() && result.status() != 0),
          result + result.outputText() + result.errorText());
    }
  }

  void signals() throws Exception {
    ProgramResult result = trial.inject(() -> server().args("signals").run());
    if (result != null) {
      trial.expect(
          result.outputText().equals("handled\n"),
          result + result.outputText() + result.errorText());
    }
  }

  /** Threads of the program run on two processors. */
  void processors() throws Exception {
    ProgramResult result = trial.inject(() -> server().args("threads").processors(2).run());
    if (result != null) {
      boolean right = result.status() == 0 && result.outputText().equals("counted\n");
      trial.expect(right || trial.hasFailed(), result + result.outputText() + result.errorText());
    }
  }

  private Program server() {
    return Program.of(program).memorySize(8 << 20).stackSize(1 << 20);
  }

  private static boolean answers(byte[] answer) {
    return new String(answer, US_ASCII).equals("hello\n\n");
  }

  void startServing() throws Exception {
    ProgramServer serving = trial.inject(() -> server().startServing());
    if (serving != null) {
      trial.expect(answers(serving.serve(REQUEST)), "wrong answer");
      serving.close();
    }
  }

  void serve() throws Exception {
    try (ProgramServer serving = server().startServing();
        ProgramSnapshot snapshot = serving.snapshot()) {
      trial.inject(() -> {
        trial.expect(answers(snapshot.serve(REQUEST)), "wrong answer");
        return true;
      });
      trial.inject(() -> {
        trial.expect(answers(serving.serve(REQUEST)), "wrong answer");
        serving.restore(snapshot);
        return true;
      });
      serving.restore(snapshot);
      trial.expect(answers(serving.serve(REQUEST)), "wrong answer later");
    }
  }
}
