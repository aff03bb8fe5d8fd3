package io.hyperlight.cli;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * A program of the distribution's that tests run. Where it is missing they are skipped, or fail if
 * {@code hyperlight.test.complete} is true.
 */
enum Tool {
  BUSYBOX("busybox", "busybox-static"),
  PYTHON("/usr/bin/python3", "python3");

  private final String program;
  private final String debianPackage;

  Tool(String program, String debianPackage) {
    this.program = program;
    this.debianPackage = debianPackage;
  }

  /** What has to be there for the rest of the test. */
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

  /** On the PATH, if it has no path of its own. */
  private boolean isPresent() {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder).resolve(program)));
  }
}
