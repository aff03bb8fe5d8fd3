package io.hyperlight.cli;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * A program of the distribution that tests run. If the program is missing, the tests are skipped.
 * If {@code hyperlight.test.complete} is true, they fail instead.
 */
enum Tool {
  BUSYBOX("busybox", "busybox-static"),
  PYTHON("/usr/bin/python3", "python3"),
  NODE("/usr/bin/node", "nodejs"),
  JAVA("/usr/bin/java", "default-jre-headless");

  private final String program;
  private final String debianPackage;

  Tool(String program, String debianPackage) {
    this.program = program;
    this.debianPackage = debianPackage;
  }

  /** Skips the test, or lets it fail, if one of the programs is missing. */
  static void require(Tool... tools) {
    for (Tool tool : tools) {
      if (!tool.isPresent()) {
        String cure = "needs %s: apt-get install %s".formatted(tool.program, tool.debianPackage);
        if (Boolean.getBoolean("hyperlight.test.complete")) {
          throw new AssertionError(cure);
        }
        assumeTrue(false, cure);
      }
    }
  }

  /** Returns whether the program exists. A name without a path is looked up on the PATH. */
  private boolean isPresent() {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder).resolve(program)));
  }
}
