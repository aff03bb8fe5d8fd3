package io.hyperlight.threads;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Program;
import io.hyperlight.ProgramResult;
import io.hyperlight.SandboxInternals;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.Needs;
import io.hyperlight.testing.Seeds;
import io.hyperlight.testing.Tool;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Generated programs of threads, whose result is known without running them, have this result in
 * each order of their threads.
 */
@Tag("slow")
class GeneratedThreadsTest {
  private static final int LENGTH = 80;
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  static LongStream seeds() {
    return Seeds.all();
  }

  /** The time of the embedder, which stands still. */
  private static Program withClock(Program program) {
    return program.clock(() -> Instant.ofEpochSecond(1_000_000));
  }

  private static String run(
      String compiler, ThreadScript script, UnaryOperator<Program> settings, String... arguments) {
    Path interpreter = ThreadScript.interpreter(compiler);
    ProgramResult result =
        settings
            .apply(Program.of(interpreter).args(arguments))
            .callTimeout(TIMEOUT)
            .stdin(script.bytes())
            .run();
    return result.status() == 0
        ? result.outputText()
        : "status %d, %s, %s"
            .formatted(result.status(), result.errorText(), result.failure().orElse(null));
  }

  private static String natively(String compiler, ThreadScript script, String... arguments) {
    List<String> command = new java.util.ArrayList<>();
    command.add(ThreadScript.interpreter(compiler).toString());
    command.addAll(List.of(arguments));
    Command.RawResult result = Command.runAlone(command, script.bytes());
    return new String(result.output(), UTF_8) + new String(result.errors(), UTF_8);
  }

  /** Checks a script, and the same in which the first thread of the process ends first. */
  private static void check(
      String what, String compiler, long seed, UnaryOperator<Program> settings, String clock) {
    ThreadScripts.of(seed, LENGTH)
        .check(
            "%s, seed %d".formatted(what, seed), script -> run(compiler, script, settings, clock));
    ThreadScripts.of(~seed, LENGTH)
        .check(
            "%s, seed %d, first thread ends".formatted(what, ~seed),
            script -> run(compiler, script, settings, "e" + clock));
  }

  @Test
  void scriptsHaveStepsOfEachKind() {
    Set<ThreadStep.Kind> kinds = new TreeSet<>();
    LongStream.range(0, 20)
        .forEach(
            seed -> ThreadScripts.of(seed, LENGTH).steps().forEach(step -> kinds.add(step.kind())));
    assertThat(kinds).containsExactly(ThreadStep.Kind.values());
  }

  @Test
  void aWrongResultIsFoundAndItsScriptShortened() {
    ThreadScript script = ThreadScripts.of(1, LENGTH);
    org.assertj.core.api.Assertions.assertThatThrownBy(() ->
            script.check(
                "planted",
                of ->
                    of.steps().stream().anyMatch(step -> step.kind() == ThreadStep.Kind.GATE)
                        ? "wrong"
                        : of.result()))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("planted: 'wrong' instead of '")
        .hasMessageContaining("GATE variant")
        .hasMessageNotContaining("COMPUTE variant");
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void theirResultIsKnownNatively(long seed) {
    ThreadScripts.of(seed, LENGTH).check("natively", script -> natively("gcc", script));
    ThreadScripts.of(~seed, LENGTH).check("natively", script -> natively("gcc", script, "e"));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void theyHaveItInASandbox(long seed) {
    check("in a sandbox", "gcc", seed, UnaryOperator.identity(), "");
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void theyHaveItIfThreadsAreStoppedOften(long seed) {
    check("stopped often", "gcc", seed, program -> SandboxInternals.hasty(program, seed), "");
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void theyHaveItOnSeveralProcessors(long seed) {
    check("two processors", "gcc", seed, program -> program.processors(2), "");
    check("three processors", "gcc", seed, program -> program.processors(3), "");
    check("with a clock", "gcc", seed, program -> withClock(program.processors(2)), "c");
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void theyHaveItUnderEachInterleaving(long seed) {
    check("interleaved", "gcc", seed, program -> SandboxInternals.interleaved(program, seed), "");
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void theyHaveItIfEachRunIsTheSame(long seed) {
    check("deterministic", "gcc", seed, Program::deterministic, "");
    check("with a clock", "gcc", seed, program -> withClock(program.deterministic()), "c");
    check(
        "interleaved with a clock",
        "gcc",
        seed,
        program -> withClock(SandboxInternals.interleaved(program, seed)),
        "c");
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  @Needs(Tool.MUSL)
  void theyHaveItWithAnotherLibrary(long seed) {
    ThreadScripts.of(seed, LENGTH).check("natively", script -> natively("musl-gcc", script));
    check("musl", "musl-gcc", seed, UnaryOperator.identity(), "");
    check(
        "musl, stopped often",
        "musl-gcc",
        seed,
        program -> SandboxInternals.hasty(program, seed),
        "");
  }
}
