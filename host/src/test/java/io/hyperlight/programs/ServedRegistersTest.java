package io.hyperlight.programs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Program;
import io.hyperlight.ProgramServer;
import io.hyperlight.ProgramSnapshot;
import io.hyperlight.testing.CProgram;
import io.hyperlight.testing.SourceFile;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A program that waits for a request keeps its state in the processor, whichever thread restores
 * it.
 */
class ServedRegistersTest {
  /**
   * Reads its input with a pattern in every vector register of the processor and a rounding mode of
   * its own. Prints what the registers contain afterwards.
   */
  private static final String SOURCE =
      SourceFile.of(ServedRegistersTest.class, "served_registers.c");

  @Test
  void keepTheirContents() {
    Program program =
        Program.of(CProgram.compile(SOURCE, List.of("-static", "-no-pie", "-fno-pie")));
    try (ProgramServer first = program.startServing();
        ProgramSnapshot snapshot = first.snapshot();
        ProgramServer spawned = snapshot.spawn()) {
      for (int round = 0; round < 3; round++) {
        assertThat(new String(spawned.serve("one".getBytes(UTF_8)), UTF_8))
            .isEqualTo("one: 16 registers, 3f80, b7f\n");
        spawned.restore(snapshot);
      }
      assertThat(new String(first.serve("two".getBytes(UTF_8)), UTF_8))
          .isEqualTo("two: 16 registers, 3f80, b7f\n");
    }
  }
}
