package io.hyperlight.snippets;

import io.hyperlight.FileTree;
import io.hyperlight.Program;
import io.hyperlight.ProgramResult;
import io.hyperlight.Sandbox;
import io.hyperlight.SandboxPool;
import io.hyperlight.Snapshot;
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
    try (Sandbox starting = python.startServing(); // runs until it first reads
        Snapshot warm = starting.snapshot();
        SandboxPool pool = SandboxPool.of(warm).build()) {
      return requests.stream().map(pool::serve).toList(); // each from the same clean state
    }
    // @end
  }
}
