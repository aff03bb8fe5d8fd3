package io.hyperlight.bench;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Runs the command as a user types it. */
class MainTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final PrintStream originalOut = System.out;

  @BeforeEach
  void capture() {
    System.setOut(new PrintStream(out, true, UTF_8));
  }

  @AfterEach
  void release() {
    System.setOut(originalOut);
  }

  private int run(String... words) {
    CommandLine command = Main.commandLine();
    command.setErr(new PrintWriter(err, true, UTF_8));
    command.setOut(new PrintWriter(out, true, UTF_8));
    return command.execute(words);
  }

  @Test
  void anUnknownNameIsAnErrorOfUsageThatSaysWhichThereAre() {
    assertThat(run("cal", "--quick")).isEqualTo(2);
    assertThat(err.toString(UTF_8))
        .contains("there is no benchmark cal: there are call, call_string, ")
        .doesNotContain("\tat ");
  }

  @Test
  void theListNamesEveryBenchmark() {
    assertThat(run("--list")).isZero();
    assertThat(out.toString(UTF_8).lines().map(line -> line.split(" ", 2)[0]))
        .containsExactlyElementsOf(Benchmarks.all().stream().map(Benchmark::name).toList());
  }

  @Test
  void resultsOfAnEarlierRunAreShownWithoutRunningAnything(@TempDir Path folder) {
    Path file = folder.resolve("rows.json");
    Json.write(
        new Results(Machine.current(), List.of(Row.of("call", "us", 33, 30, 8, 41, 3000.0))), file);
    assertThat(run("--from", file.toString(), "--plot", folder.toString())).isZero();
    assertThat(out.toString(UTF_8)).contains("call  us    33.00  30.00  1.100");
  }

  @Test
  void aMissingFileIsToldInOneLine() {
    assertThat(run("--from", "/nowhere/rows.json")).isEqualTo(1);
    assertThat(err.toString(UTF_8).lines()).hasSize(1).first().asString().contains("/nowhere");
  }
}
