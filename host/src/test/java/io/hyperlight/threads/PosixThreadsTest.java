package io.hyperlight.threads;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.ProgramResult;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.Differential;
import io.hyperlight.testing.Needs;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.testing.Tool;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs use all of POSIX threads. Their results in a sandbox equal the native ones. */
@NotInHardwareLane("It compares with a kernel that the machine in the lane need not have.")
@Tag("slow")
class PosixThreadsTest {
  private static final byte[] NOTHING = {};

  private static String source(String file) {
    return SourceFile.of(PosixThreadsTest.class, "pthreads.h.c")
        + SourceFile.of(PosixThreadsTest.class, file);
  }

  /**
   * Compares the two.
   *
   * @param lines the minimum number of lines, so that the comparison is not empty
   */
  private static void compare(Path program, boolean libraries, int lines) {
    String file = program.toAbsolutePath().toString();
    Differential differential = new Differential(file, "");
    if (libraries) {
      differential.withLibraries();
    }
    differential.assertSame(NOTHING);
    differential.in(description -> description.processors(2)).assertSame(NOTHING);
    assertThat(Command.run(file).output().lines()).hasSizeGreaterThanOrEqualTo(lines);
  }

  @ParameterizedTest
  @CsvSource({"locks.c, 100", "conditions.c, 19", "lifecycle.c, 40", "thread_signals.c, 17"})
  void aStaticProgramSeesTheSame(String file, int lines) {
    compare(CompiledGuest.program(source(file)), false, lines);
  }

  @ParameterizedTest
  @CsvSource({"locks.c, 100", "conditions.c, 19", "lifecycle.c, 40", "thread_signals.c, 17"})
  void aDynamicProgramSeesTheSame(String file, int lines) {
    compare(CompiledGuest.program(source(file), "gcc", "-pthread"), true, lines);
  }

  @ParameterizedTest
  @CsvSource({"locks.c, 100", "conditions.c, 17", "lifecycle.c, 37", "thread_signals.c, 17"})
  @Needs(Tool.MUSL)
  void aProgramWithAnotherLibrarySeesTheSame(String file, int lines) {
    compare(CompiledGuest.program(source(file), "musl-gcc", "-static"), false, lines);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gcc", "musl-gcc"})
  @Needs(Tool.MUSL)
  void systemAndForkAreRefusedAlsoBesideThreads(String compiler) {
    Path program = CompiledGuest.program(source("no_processes.c"), compiler, "-static");

    ProgramResult result =
        new Differential(program.toAbsolutePath().toString(), "").program().run();

    assertThat(result.outputText())
        .isEqualTo("system: 1 EPERM\nfork: -1 EPERM\nspawn: EPERM\nstill counts: 1\n");
    assertThat(result.status()).isZero();
  }
}
