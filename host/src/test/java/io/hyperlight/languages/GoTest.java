package io.hyperlight.languages;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.FileTree;
import io.hyperlight.Program;
import io.hyperlight.ProgramResult;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.Needs;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.testing.TemporaryFolder;
import io.hyperlight.testing.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs of Go run in a sandbox, with the threads, timers and signals of its run time. */
@NotInHardwareLane("Compiling takes long, and the programs compute for seconds.")
@Needs(Tool.GO)
class GoTest {
  private static final Path FOLDER = TemporaryFolder.create("go");

  /**
   * Tests that start other processes (also the compiler, in TestEscape), that listen for
   * connections, and the one that reads its own source.
   */
  private static final List<String> SKIPPED =
      List.of(
          "TestMutexMisuse",
          "TestIssue76126",
          "TestHTTPDecoding",
          "_connection",
          "TestCopyUnixpacket",
          "TestEscape",
          "ExampleOnceValues");

  private static Path build(Path output, List<String> command) {
    List<String> whole =
        new ArrayList<>(List.of("env", "CGO_ENABLED=0", "GOFLAGS=", "GOPROXY=off", "go"));
    whole.addAll(command);
    Command.run(whole).outputOfSuccess();
    return output;
  }

  private static Program program(Path file, String... arguments) {
    return Program.of(file)
        .args(arguments)
        .memorySize(512 << 20)
        .callTimeout(Duration.ofMinutes(5));
  }

  /** Channels, timers, garbage, and loops that only a signal can take the processor from. */
  @Test
  void goroutinesTimersAndTheCollectorRun() throws IOException {
    Path source =
        Files.writeString(FOLDER.resolve("main.go"), SourceFile.of(GoTest.class, "go/main.go.txt"));
    Path file =
        build(
            FOLDER.resolve("main"),
            List.of("build", "-o", FOLDER.resolve("main").toString(), source.toString()));

    ProgramResult result = program(file).run();

    String failure = result.failure().map(Throwable::getMessage).orElse("");
    assertThat(result.outputText())
        .as(failure + result.errorText())
        .isEqualTo(Command.run(file.toString()).outputOfSuccess());
    assertThat(result.outputText().lines()).hasSize(6);
    assertThat(result.status()).isZero();
  }

  /** The tests of the standard library, each with its result. */
  private static List<String> outcomes(String output) {
    return output
        .lines()
        .map(String::strip)
        .filter(line -> line.startsWith("--- ") || line.equals("PASS") || line.equals("FAIL"))
        .map(line -> line.replaceFirst(" \\([0-9.]+s\\)$", ""))
        .sorted()
        .toList();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sort",
        "strings",
        "encoding/json",
        "regexp",
        "sync",
        "context",
        "sync/atomic",
        "bufio",
        "strconv",
        "container/heap",
        "math/big",
        "hash/maphash",
        "unique",
        "weak"
      })
  @EnabledIfSystemProperty(named = "hyperlight.test.complete", matches = "true")
  void theTestsOfAPackageHaveTheNativeOutcome(String name) {
    Path file = FOLDER.resolve(requireNonNull(Path.of(name).getFileName()) + ".test");
    build(file, List.of("test", "-c", "-o", file.toString(), name));
    String[] arguments = {"-test.short", "-test.v", "-test.skip=" + String.join("|", SKIPPED)};
    Path root =
        Path.of(Command.run("go", "env", "GOROOT").outputOfSuccess().strip())
            .resolve("src/" + name);
    Command.Result expected =
        Command.run(
            "sh",
            "-c",
            // As many processors as the sandbox has: some tests are skipped with one.
            "p=$(taskset -cp $$) && p=${p##*: } && cd '%s' && exec taskset -c \"${p%%%%[-,]*}\" '%s' '%s'"
                .formatted(root, file, String.join("' '", arguments)));

    Program program = program(file, arguments).mount("/tmp", FileTree.memory(16 << 20));
    if (Files.exists(root.resolve("testdata"))) {
      // Natively it runs in the package's folder, and in the sandbox in the root folder.
      program.mount("/testdata", FileTree.directory(root.resolve("testdata")));
    }

    ProgramResult result = program.run();

    String failure = result.failure().map(Throwable::getMessage).orElse("");
    assertThat(outcomes(result.outputText()))
        .as(failure + result.errorText())
        .isEqualTo(outcomes(expected.output()))
        .contains("PASS");
  }
}
