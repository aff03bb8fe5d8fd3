package io.hyperlight.project;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.testing.NotInHardwareLane;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The documents match this source tree: what they name exists. */
@NotInHardwareLane("No VM takes part.")
class DocumentsTest {
  private static final Path ROOT = Path.of("").toAbsolutePath().resolveSibling("");
  private static final Path TOOLS = ROOT.resolve("tools");

  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");

  /** In backticks, from the root: a path with a slash, or a file with one of these ends. */
  private static final Pattern PATH =
      Pattern.compile("`((?:\\./)?[\\w.-]+(?:/[\\w.-]+)+/?|[\\w-]+\\.(?:md|xml))`");

  private static final Pattern TYPE =
      Pattern.compile("\\b(?:class|interface|enum|record) ([A-Z]\\w*)");

  /**
   * In backticks: two or more words of which only the first letters are capitals, or one word and a
   * member.
   */
  private static final Pattern NAME =
      Pattern.compile("`([A-Z][a-z]+(?:[A-Z][a-z0-9]+)+(?=[.#(`])|[A-Z][a-z]+(?=\\.[a-z]+[A-Z(]))");

  private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.+)$");

  private static String read(String document) throws IOException {
    return Files.readString(ROOT.resolve(document));
  }

  private static List<String> all(Pattern pattern, String text) {
    return pattern.matcher(text).results().map((MatchResult match) -> match.group(1)).toList();
  }

  /** Returns the name that a link uses for a heading. */
  private static String anchor(String heading) {
    return heading.toLowerCase(Locale.ROOT).replaceAll("[^\\w\\- ]", "").replace(' ', '-');
  }

  private static boolean leadsSomewhere(Path folder, String link) throws IOException {
    String[] parts = link.split("#", 2);
    Path file = folder.resolve(parts[0]).normalize();
    if (!Files.exists(file)) {
      return false;
    }
    return parts.length == 1
        || all(HEADING, Files.readString(file)).stream()
            .anyMatch(heading -> anchor(heading).equals(parts[1]));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CONTRIBUTING.md",
        "SECURITY.md",
        "tools/README.md",
        ".github/PULL_REQUEST_TEMPLATE.md",
        ".github/ISSUE_TEMPLATE/bug.md",
        ".github/ISSUE_TEMPLATE/feature.md"
      })
  void everyPathAndLinkOfADocumentExists(String document) throws IOException {
    Path folder = ROOT.resolve(document).resolveSibling("");
    String text = read(document);
    List<String> missing = new ArrayList<>();
    for (String link : all(LINK, text)) {
      if (!link.contains("://") && !leadsSomewhere(folder, link)) {
        missing.add(link);
      }
    }
    for (String path : all(PATH, text)) {
      if (!Files.exists(ROOT.resolve(path)) && !Files.exists(folder.resolve(path))) {
        missing.add(path);
      }
    }
    assertThat(missing).isEmpty();
  }

  @Test
  void aPathThatIsNotThereIsFound() throws IOException {
    assertThat(all(PATH, "see `docs/none.md`, `./hyperlight` and `pom.xml`"))
        .containsExactly("docs/none.md", "./hyperlight", "pom.xml");
    assertThat(leadsSomewhere(ROOT, "docs/security.md#threat-model")).isTrue();
    assertThat(leadsSomewhere(ROOT, "docs/security.md#nothing")).isFalse();
    assertThat(leadsSomewhere(ROOT, "docs/none.md")).isFalse();
  }

  @Test
  void everyPackageIsInTheListOfPackages() throws IOException {
    Set<String> packages = new TreeSet<>();
    for (String module : List.of("guest", "host", "cli", "bench", "examples")) {
      Path main = ROOT.resolve(module).resolve("src/main/java");
      try (Stream<Path> files = Files.walk(main)) {
        files
            .filter(file -> file.toString().endsWith("package-info.java"))
            .map(file -> main.relativize(file.resolveSibling("")).toString().replace('/', '.'))
            .forEach(packages::add);
      }
    }
    assertThat(packages).hasSizeGreaterThan(20);
    assertThat(all(Pattern.compile("(?m)^\\| `(io\\.[^`]+)` \\|"), read("CONTRIBUTING.md")))
        .containsExactlyInAnyOrderElementsOf(packages);
  }

  @Test
  void everyToolIsInTheListOfTools() throws IOException {
    Set<String> tools;
    try (Stream<Path> files = Files.walk(TOOLS)) {
      tools =
          files
              .filter(Files::isRegularFile)
              .map(file -> TOOLS.relativize(file).toString())
              .filter(name -> !name.equals("README.md"))
              .collect(toCollection(TreeSet::new));
    }
    assertThat(tools).hasSizeGreaterThan(5);
    assertThat(all(Pattern.compile("(?m)^\\| `([^`]+)` \\|"), read("tools/README.md")))
        .containsExactlyInAnyOrderElementsOf(tools);
  }

  @Test
  void everyPackageOfTestsIsInTheListOfThem() throws IOException {
    String text = read("docs/testing.md");
    int start = text.indexOf("## Where tests are\n");
    assertThat(start).isNotNegative();
    List<String> named =
        all(
            Pattern.compile("(?m)^\\| `([^`]+)` \\|"),
            text.substring(start, text.indexOf("\n## ", start)));
    try (Stream<Path> files = Files.list(ROOT.resolve("host/src/test/java/io/hyperlight"))) {
      assertThat(named)
          .containsExactlyInAnyOrderElementsOf(
              files
                  .filter(Files::isDirectory)
                  .map(folder -> folder.getFileName().toString())
                  .filter(name -> !name.equals("internal"))
                  .toList());
    }
  }

  /** Returns the names of all types of all modules, including tests. */
  private static Set<String> types() throws IOException {
    Set<String> names = new TreeSet<>();
    for (String module : List.of("guest", "host", "cli", "bench", "examples")) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src"))) {
        for (Path file : files.filter(file -> file.toString().endsWith(".java")).toList()) {
          names.addAll(all(TYPE, Files.readString(file)));
        }
      }
    }
    return names;
  }

  private static boolean isOfTheJdk(String name) {
    return Stream.of("java.lang.", "java.util.", "java.time.", "java.io.", "java.nio.file.")
        .anyMatch(prefix -> {
          try {
            return Class.forName(prefix + name).getSimpleName().equals(name);
          } catch (ClassNotFoundException e) {
            return false;
          }
        });
  }

  @Test
  void everyClassThatADocumentNamesExists() throws IOException {
    Set<String> named = new TreeSet<>();
    for (String document : List.of("README.md", "CONTRIBUTING.md", "SECURITY.md")) {
      named.addAll(namedIn(read(document)));
    }
    try (Stream<Path> documents = Files.list(ROOT.resolve("docs"))) {
      for (Path document : documents.filter(file -> file.toString().endsWith(".md")).toList()) {
        named.addAll(namedIn(Files.readString(document)));
      }
    }
    assertThat(named).hasSizeGreaterThan(100);
    named.removeAll(types());
    assertThat(named).allMatch(DocumentsTest::isOfTheJdk);
  }

  private static List<String> namedIn(String text) {
    return all(NAME, text.replaceAll("(?s)```.*?```", ""));
  }

  @Test
  void configurationIsNoCode() throws IOException {
    try (Stream<Path> files = Files.walk(ROOT.resolve("config"))) {
      assertThat(files.filter(Files::isRegularFile))
          .isNotEmpty()
          .allMatch(file -> file.toString().matches(".*\\.(json|xml|ya?ml|properties|toml)"))
          .noneMatch(Files::isExecutable);
    }
  }

  @Test
  void theForgeRunsWhatContinuousIntegrationRuns() throws IOException {
    assertThat(read(".github/workflows/ci.yml")).contains("run: .ci/run\n");
    assertThat(Files.isExecutable(ROOT.resolve(".ci/run"))).isTrue();
  }
}
