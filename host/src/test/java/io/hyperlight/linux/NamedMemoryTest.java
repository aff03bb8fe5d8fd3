package io.hyperlight.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.FileTree;
import io.hyperlight.Program;
import io.hyperlight.ProgramResult;
import io.hyperlight.testing.CProgram;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.SourceFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Programs have shared memory with names. */
@NotInHardwareLane("Runs the compiler.")
class NamedMemoryTest {
  private static Path program() throws IOException {
    return CProgram.compile(
            SourceFile.of(NamedMemoryTest.class, "shared_memory.c"),
            List.of("-static", "-O1", "-w", "-lpthread"))
        .toAbsolutePath();
  }

  @Test
  void sharedMemoryAndSemaphoresOfGlibcAreWhatTheyAreOnLinux() throws IOException {
    Path program = program();
    String expected =
        new String(
            Command.runAlone(List.of(program.toString()), new byte[0]).output(),
            StandardCharsets.UTF_8);
    ProgramResult result = Program.of(program).run();
    assertThat(result.outputText()).contains("unlinked").isEqualTo(expected);
    assertThat(result.status()).isZero();
  }

  @Test
  void aMountHidesTheDirectoryOfSharedMemory() throws IOException {
    ProgramResult result =
        Program.of(program()).mount("/dev/shm", FileTree.memory(0).readOnly()).run();
    assertThat(result.outputText()).contains("file > 0: 0, 30\n").contains("40755");
  }
}
