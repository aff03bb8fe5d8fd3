package io.hyperlight.languages;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.FileTree;
import io.hyperlight.Program;
import io.hyperlight.ProgramResult;
import io.hyperlight.testing.Needs;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.testing.TemporaryFolder;
import io.hyperlight.testing.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * An unmodified Node runs test files with its own test runner: its compiler, its workers, and the
 * threads behind its event loop.
 */
@NotInHardwareLane("It compiles and collects for seconds, which takes minutes there.")
@Needs(Tool.NODE)
class NodeTest {
  private static final Path NODE = Path.of("/usr/bin/node");

  private static final List<String> SYSTEM = List.of("/usr", "/lib", "/lib64", "/etc");

  private static Program node(String... arguments) {
    Program program =
        Program.of(NODE)
            .args(arguments)
            .memorySize(512 << 20)
            .allowCodeGeneration()
            .callTimeout(Duration.ofMinutes(3));
    SYSTEM.forEach(folder -> program.mount(folder, FileTree.directory(Path.of(folder))));
    return program.mount("/tmp", FileTree.memory(16 << 20));
  }

  @ParameterizedTest
  @CsvSource({"data, 6", "workers, 4", "streams, 6", "wasm, 4", "processes, 7"})
  void allTestsOfAFilePass(String name, int tests) throws IOException {
    Path folder = TemporaryFolder.create("node");
    String file = name + ".test.js";
    Files.writeString(folder.resolve(file), SourceFile.of(NodeTest.class, "node/" + file));

    ProgramResult result =
        node(folder.resolve(file).toString())
            .mount(folder.toString(), FileTree.directory(folder))
            .run();

    String failure = result.failure().map(Throwable::getMessage).orElse("");
    assertThat(result.outputText())
        .as(failure + result.errorText())
        .contains("# pass " + tests + "\n", "# fail 0\n", "# cancelled 0\n", "# skipped 0\n");
    assertThat(result.status()).isZero();
  }
}
