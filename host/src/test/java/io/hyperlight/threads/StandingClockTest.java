package io.hyperlight.threads;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Program;
import io.hyperlight.ProgramResult;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.SourceFile;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * With a clock of the embedder's that stands still, each wait for a time ends, whatever the other
 * threads do meanwhile.
 */
class StandingClockTest {
  @ParameterizedTest
  @CsvSource({"yield, 1", "nap, 1", "ticks, 1", "yield, 2", "nap, 2", "ticks, 2"})
  void aSleepEndsWhileOthers(String what, int processors) {
    ProgramResult result =
        Program.of(
                CompiledGuest.program(SourceFile.of(StandingClockTest.class, "standing_clock.c"))
                    .toAbsolutePath())
            .args(what)
            .processors(processors)
            .clock(() -> Instant.ofEpochSecond(1))
            .callTimeout(Duration.ofSeconds(60))
            .run();

    assertThat(result.outputText()).isEqualTo("over\n");
  }
}
