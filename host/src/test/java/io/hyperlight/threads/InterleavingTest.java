package io.hyperlight.threads;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Program;
import io.hyperlight.ProgramResult;
import io.hyperlight.SandboxInternals;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.SourceFile;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The order in which threads take turns: the same in each run, or any one that a seed chooses. */
class InterleavingTest {
  private static final int SEEDS = 20;

  /** The sum that the consumers take: 100 * (0 + 1 + 2 + 3 + 4) * 12 + 5 * (0 + ... + 11). */
  private static final String RESULT = "12330 1";

  private static Program program() {
    return Program.of(
            CompiledGuest.program(SourceFile.of(InterleavingTest.class, "interleavings.c"))
                .toAbsolutePath())
        .clock(() -> Instant.ofEpochSecond(1))
        .randomSeed(5)
        .callTimeout(Duration.ofSeconds(20));
  }

  private static List<String> lines(ProgramResult result) {
    assertThat(result.status()).isZero();
    return new String(result.output(), UTF_8).lines().toList();
  }

  private static List<String> deterministicTrace() {
    List<String> trace = new ArrayList<>();
    ProgramResult result =
        program().deterministic().systemCallListener(call -> trace.add(call.text())).run();
    assertThat(lines(result).getFirst()).isEqualTo(RESULT);
    return trace;
  }

  @Test
  void twoRunsOfADeterministicProgramMakeTheSameSystemCalls() {
    List<String> first = deterministicTrace();
    assertThat(first).hasSizeGreaterThan(200);
    assertThat(first).anyMatch(line -> line.startsWith("[thread 11] "));
    assertThat(deterministicTrace()).containsExactlyElementsOf(first);
  }

  @Test
  void aThreadThatSpinsEndsByTheTimeLimitOfADeterministicProgram() {
    Program spinning =
        Program.of(
                CompiledGuest.program(SourceFile.of(InterleavingTest.class, "thread_ends.c"))
                    .toAbsolutePath())
            .args("spin", "0")
            .deterministic()
            .callTimeout(Duration.ofMillis(200));
    assertThatThrownBy(spinning::run)
        .isInstanceOfSatisfying(
            GuestTimeoutException.class, timeout -> assertThat(timeout.threads()).hasSize(2));
  }

  @Test
  void aThreadWhoseWaitsAreOverBeforeTheyBeginLetsOthersRun() {
    Program impatient =
        Program.of(
                CompiledGuest.program(SourceFile.of(InterleavingTest.class, "impatient.c"))
                    .toAbsolutePath())
            .deterministic()
            .callTimeout(Duration.ofSeconds(20));
    for (String wait : List.of("futex", "sem_timedwait")) {
      ProgramResult result = impatient.args(wait).run();
      assertThat(result.status()).as(wait).isZero();
    }
  }

  @Test
  void theResultIsTheSameUnderEachInterleaving() {
    Set<String> orders = new HashSet<>();
    for (int seed = 0; seed < SEEDS; seed++) {
      List<String> lines = lines(SandboxInternals.interleaved(program(), seed).run());
      assertThat(lines.getFirst()).as("seed %d", seed).isEqualTo(RESULT);
      orders.add(lines.getLast());
    }
    assertThat(orders).hasSizeGreaterThan(SEEDS / 2);
  }

  @Test
  void aSeedGivesTheSameInterleavingAgain() {
    for (int seed = 0; seed < 3; seed++) {
      assertThat(lines(SandboxInternals.interleaved(program(), seed).run()))
          .isEqualTo(lines(SandboxInternals.interleaved(program(), seed).run()));
    }
  }
}
