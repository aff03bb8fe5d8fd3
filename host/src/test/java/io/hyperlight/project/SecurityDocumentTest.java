package io.hyperlight.project;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.abi.CallFrame;
import io.hyperlight.internal.hypervisor.CpuExit;
import io.hyperlight.testing.NotInHardwareLane;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/security.md matches this library: what it names exists, and it is complete. */
@NotInHardwareLane("No VM takes part.")
class SecurityDocumentTest {
  private static final Path ROOT = Path.of("").toAbsolutePath().resolveSibling("");
  private static final Pattern NAME = Pattern.compile("`([A-Z]\\w+)(\\.\\w+)?`");

  private final String document = read(ROOT.resolve("docs/security.md"));

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Set<String> classesIn(String folder) throws IOException {
    Set<String> classes = new HashSet<>();
    for (String module : List.of("host", "guest", "cli")) {
      Path sources = ROOT.resolve(module).resolve(folder);
      if (Files.isDirectory(sources)) {
        try (Stream<Path> files = Files.walk(sources)) {
          files
              .map(file -> String.valueOf(file.getFileName()))
              .filter(name -> name.endsWith(".java"))
              .forEach(name -> classes.add(name.replace(".java", "")));
        }
      }
    }
    return classes;
  }

  private static Stream<String> namesIn(String text) {
    return NAME.matcher(text).results().map((MatchResult match) -> match.group(1));
  }

  private String section(String title) {
    int start = document.indexOf("\n## " + title + "\n");
    assertThat(start).as(title).isNotNegative();
    int end = document.indexOf("\n## ", start + 1);
    return document.substring(start, end < 0 ? document.length() : end);
  }

  /** The rows of a section's tables, without their headings. */
  private List<String> rows(String title) {
    return section(title)
        .lines()
        .filter(line -> line.startsWith("| "))
        .filter(line -> !line.equals("| Promise | Held by |") && !line.startsWith("| What | "))
        .toList();
  }

  @Test
  void eachTestThatItNamesExists() throws IOException {
    assertThat(namesIn(document).filter(name -> name.endsWith("Test")).distinct().toList())
        .hasSizeGreaterThan(20)
        .isSubsetOf(classesIn("src/test/java"));
  }

  @Test
  void eachPromiseNamesATestThatHoldsIt() {
    assertThat(rows("Promises, and what holds them"))
        .hasSizeGreaterThan(20)
        .allSatisfy(row -> {
          String[] cells = row.split("\\|", -1);
          assertThat(namesIn(cells[2]).filter(name -> name.endsWith("Test"))).as(row).isNotEmpty();
        });
  }

  @Test
  void eachBoundaryIsAClassThatExists() throws IOException {
    Set<String> classes = classesIn("src/main/java");
    assertThat(rows("Boundaries"))
        .hasSizeGreaterThan(10)
        .allSatisfy(row ->
            assertThat(namesIn(row.split("\\|", -1)[2]).toList())
                .as(row)
                .isNotEmpty()
                .isSubsetOf(classes));
  }

  @Test
  void eachExitIsInIt() {
    assertThat(namesIn(section("What a guest can reach")))
        .containsAll(
            Stream.of(CpuExit.class.getPermittedSubclasses()).map(Class::getSimpleName).toList());
  }

  @Test
  void eachFieldOfTheCallFrameIsInIt() {
    Set<String> fields =
        Stream.of(CallFrame.class.getFields())
            .filter(field -> field.getType() == int.class)
            .map(Field::getName)
            .collect(Collectors.toSet());
    fields.removeAll(Set.of("SIZE", "STACK_WORDS"));
    assertThat(fields).hasSizeGreaterThan(10);
    assertThat(namesIn(section("What a guest can reach")).toList()).containsAll(fields);
  }
}
