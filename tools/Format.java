import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;

/**
 * Runs google-java-format on every Java file of the project, to check or to rewrite it. The only
 * argument is {@code check} or {@code apply}. The working directory is the root of the project.
 * Maven runs this file on JDK 25, with google-java-format on the class path.
 */
final class Format {
  void main(String[] arguments) throws IOException {
    List<String> command =
        switch (arguments[0]) {
          case "check" -> new ArrayList<>(List.of("--dry-run", "--set-exit-if-changed"));
          case "apply" -> new ArrayList<>(List.of("--replace"));
          default -> throw new IllegalArgumentException("check or apply, not " + arguments[0]);
        };
    command.addAll(sources());
    ToolProvider formatter = ToolProvider.findFirst("google-java-format").orElseThrow();
    int status = formatter.run(System.out, System.err, command.toArray(String[]::new));
    if (status != 0) {
      System.err.println(
          "Not as google-java-format writes it. To rewrite: mvn -N verify -Dformat=apply");
      System.exit(status);
    }
  }

  /**
   * Returns all Java files of the project. Generated files are in target folders and are left out.
   */
  private static List<String> sources() throws IOException {
    try (var files = Files.walk(Path.of("."))) {
      return files
          .map(Path::normalize)
          .filter(file -> file.toString().endsWith(".java"))
          .filter(file -> !file.toString().matches("([^/]+/)?target/.*"))
          .map(Path::toString)
          .sorted()
          .toList();
    }
  }
}
