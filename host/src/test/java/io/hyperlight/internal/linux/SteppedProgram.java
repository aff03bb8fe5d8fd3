package io.hyperlight.internal.linux;

import io.hyperlight.FileTree;
import io.hyperlight.Program;
import io.hyperlight.ProgramResult;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Runs a program in a library that counts its steps, for {@link
 * io.hyperlight.internal.linux.CheckpointSweepTest}.
 */
public final class SteppedProgram implements Runnable {
  private final Path program;
  private final Path folder;
  private final List<String> arguments;

  /**
   * Prepares a static program.
   *
   * @param folder a directory of the host, which the program sees as {@code /h}
   */
  public SteppedProgram(Path program, Path folder, List<String> arguments) {
    this.arguments = arguments;
    this.program = program;
    this.folder = folder;
  }

  @Override
  public void run() {
    ProgramResult result =
        Program.of(program)
            .args(arguments.toArray(String[]::new))
            .memorySize(96L << 20)
            .callTimeout(Duration.ofMinutes(10))
            .mount("/t", FileTree.memory(64L << 20))
            .mount("/h", FileTree.directory(folder))
            .run();
    if (result.status() != 0) {
      throw new AssertionError(
          "status %d: %s%s".formatted(result.status(), result.outputText(), result.errorText()));
    }
    System.out.print(result.outputText());
  }
}
