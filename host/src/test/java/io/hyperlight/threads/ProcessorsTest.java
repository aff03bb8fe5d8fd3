package io.hyperlight.threads;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.hyperlight.Program;
import io.hyperlight.ProgramResult;
import io.hyperlight.Sandbox;
import io.hyperlight.error.GuestException;
import io.hyperlight.error.GuestThread;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.SourceFile;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Threads of a guest run on several processors at the same time. */
@Tag("slow")
class ProcessorsTest {
  private static final Path PROGRAM =
      CompiledGuest.program(
          SourceFile.of(ProcessorsTest.class, "pthreads.h.c")
              + SourceFile.of(ProcessorsTest.class, "processors.c"));

  private static final Path ENDS =
      CompiledGuest.program(SourceFile.of(ProcessorsTest.class, "thread_ends.c"));

  private static Program program(int processors, String... arguments) {
    return Program.of(PROGRAM.toAbsolutePath())
        .args(arguments)
        .processors(processors)
        .memorySize(32 << 20);
  }

  @ParameterizedTest
  @CsvSource({
    "1, counters, 200", "2, counters, 200", "3, counters, 200",
    "1, changes, 4", "2, changes, 6", "3, changes, 6",
    "1, files, 1", "2, files, 20", "3, files, 20",
    "1, touch, 1", "2, touch, 1", "4, touch, 1",
    "1, signals, 10", "2, signals, 20", "3, signals, 20",
    "1, barriers, 10", "2, barriers, 50", "3, barriers, 50",
    "1, processors, 1", "2, processors, 1", "8, processors, 1"
  })
  void threadsSeeOfEachOtherWhatLinuxPromises(int processors, String subject, String rounds) {
    ProgramResult result = program(processors, subject, rounds).run();
    assertThat(result.outputText()).isEqualTo("ok\n");
    assertThat(result.status()).isZero();
  }

  @Test
  void twoThreadsAreOnTwoProcessorsAtTheSameTime() {
    assertThat(program(2, "hands").run().outputText()).isEqualTo("3\nok\n");
    assertThat(program(1, "hands").run().outputText()).isEqualTo("1\nok\n");
  }

  @Test
  void theEndOfTheProcessEndsThreadsThatCompute() {
    for (int processors = 1; processors <= 3; processors++) {
      assertThat(program(processors, "exit").run().status()).isEqualTo(7);
    }
  }

  private static List<String> states(GuestException e) {
    return e.threads().stream().map(GuestThread::state).toList();
  }

  @Test
  void aTimeoutListsThreadsOfAllProcessors() {
    Program spinning =
        Program.of(ENDS.toAbsolutePath())
            .args("spin")
            .processors(2)
            .callTimeout(Duration.ofMillis(300));
    GuestTimeoutException timeout =
        catchThrowableOfType(GuestTimeoutException.class, spinning::run);
    assertThat(timeout.threads()).hasSize(4);
    assertThat(states(timeout)).hasSize(4);
    assertThat(states(timeout).stream().filter("runs"::equals)).hasSize(2);
  }

  @Test
  void processorTimeIsThatOfAllProcessors() {
    Program spinning =
        Program.of(ENDS.toAbsolutePath())
            .args("spin")
            .processors(2)
            .callTimeout(Duration.ofMinutes(2))
            .cpuTimeLimit(Duration.ofMillis(200));
    assertThat(catchThrowableOfType(GuestTimeoutException.class, spinning::run))
        .hasMessageContaining("processor time");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void embeddersCodeRunsOnTheThreadOfTheCall(int processors) {
    Set<Thread> seen = new HashSet<>();
    List<String> calls = new ArrayList<>();
    ProgramResult result =
        program(processors, "counters", "3")
            .clock(() -> {
              seen.add(Thread.currentThread());
              return Instant.ofEpochSecond(1);
            })
            .systemCallListener(call -> {
              seen.add(Thread.currentThread());
              calls.add(call.name());
            })
            .run();
    assertThat(result.outputText()).isEqualTo("ok\n");
    assertThat(calls).contains("clone3", "futex", "write");
    assertThat(seen).containsExactly(Thread.currentThread());
  }

  @Test
  void impossibleNumbersAndCombinationsAreRefused() {
    Program program = Program.of(PROGRAM.toAbsolutePath());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> program.processors(0))
        .withMessageContaining("1 to 8");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> program.processors(9))
        .withMessageContaining("1 to 8");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> program.processors(2).deterministic().run())
        .withMessageContaining("deterministic() and processors(2)");
    Sandbox.Builder builder =
        Sandbox.builder(
                CompiledGuest.withLibc(SourceFile.of(ProcessorsTest.class, "threaded_functions.c")))
            .hostFunction("twice", (Integer number) -> 2 * number)
            .hostFunction("greet", (String name) -> name)
            .exitless()
            .processors(2);
    assertThatIllegalArgumentException()
        .isThrownBy(builder::build)
        .withMessageContaining("exitless()");
  }
}
