package io.hyperlight.snippets;

import io.hyperlight.FileTree;
import io.hyperlight.Program;
import io.hyperlight.ProgramPool;
import io.hyperlight.ProgramResult;
import io.hyperlight.ProgramServer;
import io.hyperlight.ProgramSnapshot;
import java.nio.file.Path;
import java.util.List;

/** The examples of {@link Program}'s documentation. */
final class ProgramSnippets {
  private ProgramSnippets() {}

  static String run(Path python3, String code) {
    // @start region="run"
    ProgramResult result =
        Program.of(python3)
            .args("-c", code)
            .mount("/usr", FileTree.directory(Path.of("/usr")))
            .mount("/lib", FileTree.directory(Path.of("/lib")))
            .mount("/lib64", FileTree.directory(Path.of("/lib64")))
            .run();
    if (result.status() != 0) {
      throw new IllegalStateException(result.errorText());
    }
    return result.outputText();
    // @end
  }

  static List<byte[]> serve(Program python, List<byte[]> requests) {
    // @start region="serve"
    try (ProgramServer starting = python.startServing(); // runs until it first reads
        ProgramSnapshot warm = starting.snapshot();
        ProgramPool pool = ProgramPool.builder(warm).build()) {
      return requests.stream().map(pool::serve).toList(); // each from the same clean state
    }
    // @end
  }
}
