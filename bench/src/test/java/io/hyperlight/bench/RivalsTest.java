package io.hyperlight.bench;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Checks that the library and its rivals run the same functions. */
class RivalsTest {
  @TempDir private Path folder;

  record Named(String name, Supplier<Rival> start) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Named> rivals() {
    return Stream.of(
        new Named("ours", Ours::new),
        new Named("java.lang.foreign", FfmRival::new),
        new Named("a process for each call", ProcessRival::new),
        new Named("a process over pipes", PipeRival::new),
        new Named("Chicory, interpreter", ChicoryRival::interpreted),
        new Named("Chicory, compiler", ChicoryRival::compiled),
        new Named("GraalJS", GraalJsRival::new));
  }

  /** The samplers check each result. */
  @ParameterizedTest
  @MethodSource("rivals")
  void givesRightResultsAndATimeForEachSample(Named named) throws Throwable {
    try (Rival rival = named.start().get()) {
      assertThat(rival.title()).startsWith(named.name());
      for (Sampler sampler : List.of(rival.first(), rival.call(), rival.fresh(), rival.compute())) {
        long[] nanos = {-1, -1, -1};
        sampler.sample(nanos);
        assertThat(LongStream.of(nanos).boxed()).allMatch(time -> time >= 0);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("rivals")
  void canBeStartedAgainAfterItWasClosed(Named named) throws Throwable {
    for (int i = 0; i < 2; i++) {
      try (Rival rival = named.start().get()) {
        rival.first().sample(new long[1]);
      }
    }
  }

  @Test
  void aWrongResultIsNoSample() {
    Sampler wrong = Timed.each(() -> Calls.check(false));
    assertThatThrownBy(() -> wrong.sample(new long[1]))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("a call had a wrong result");
  }

  @Test
  void aBatchIsOneSample() throws Throwable {
    int[] rounds = {0, 0};
    long[] nanos = new long[3];
    Timed.inBatches(
            count -> {
              rounds[0]++;
              rounds[1] += count;
            })
        .sample(nanos);
    assertThat(rounds).containsExactly(3, 3 * 64);
  }

  @Test
  void aProcessThatIsAskedNonsenseFails() throws Exception {
    Process process = new ProcessBuilder(RivalPrograms.process().toString(), "add").start();
    process.getOutputStream().close();
    String said = new String(process.getErrorStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).isEqualTo(1);
    assertThat(said).startsWith("usage: ");
  }

  @Test
  void rowsNameTheRivalAndComeInTheSameOrderForAll() throws Throwable {
    try (Floor floor = Floor.start()) {
      Effort effort = new Effort(2, TimeUnit.MILLISECONDS.toNanos(1), 1, 1);
      Run run = new Run(floor, effort, Progress.none());
      Benchmark chicory = Benchmarks.named(List.of("rival_chicory")).getFirst();
      List<Row> rows = chicory.measure(run);
      assertThat(rows.stream().map(row -> row.name() + " against " + row.against()))
          .containsExactly(
              "rival_chicory_interpreter_first against Chicory, interpreter",
              "rival_chicory_interpreter_call against Chicory, interpreter",
              "rival_chicory_interpreter_fresh against Chicory, interpreter",
              "rival_chicory_interpreter_fib against Chicory, interpreter",
              "rival_chicory_compiler_first against Chicory, compiler",
              "rival_chicory_compiler_call against Chicory, compiler",
              "rival_chicory_compiler_fresh against Chicory, compiler",
              "rival_chicory_compiler_fib against Chicory, compiler");
    }
  }

  /** Shows how functions.wasm was made. Other versions of clang may make other bytes. */
  @Test
  void theModuleIsWhatClang14MakesOfTheSameC() throws Exception {
    assumeTrue(says14(), "needs clang and lld 14: apt-get install clang lld");
    Path made = folder.resolve("functions.wasm");
    Process clang =
        new ProcessBuilder(
                "clang",
                "--target=wasm32",
                "-std=gnu17",
                "-O2",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-nostdlib",
                "-Wl,--no-entry",
                "-Wl,--export=add",
                "-Wl,--export=fib",
                "-Wl,--strip-all",
                "-o",
                made.toString(),
                "src/main/c/rival/functions.c")
            .inheritIO()
            .start();
    assertThat(clang.waitFor()).isZero();
    assertThat(Files.readAllBytes(made)).isEqualTo(RivalPrograms.wasm());
  }

  private static boolean says14() throws IOException, InterruptedException {
    return says("clang", "clang version 14.") && says("wasm-ld", "LLD 14.");
  }

  private static boolean says(String program, String version)
      throws IOException, InterruptedException {
    Process process;
    try {
      process = new ProcessBuilder(program, "--version").redirectErrorStream(true).start();
    } catch (IOException e) {
      return false; // The tool is not installed.
    }
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    return process.waitFor() == 0 && said.contains(version);
  }
}
