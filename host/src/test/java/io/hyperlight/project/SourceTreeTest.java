package io.hyperlight.project;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.testing.NotInHardwareLane;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Where sources are: packages, tests, their tools and their guests. */
@NotInHardwareLane("No VM takes part.")
class SourceTreeTest {
  private static final Path ROOT = Path.of("").toAbsolutePath().resolveSibling("");
  private static final Path TESTS = ROOT.resolve("host/src/test/java/io/hyperlight");
  private static final Path LIBRARY = ROOT.resolve("host/src/main/java/io/hyperlight");

  private static final List<String> MODULES = List.of("guest", "host", "cli", "bench", "examples");

  /** What a reader takes in at a glance, next to the test that explains it. */
  private static final int MAX_LINES_OF_A_BLOCK = 40;

  private static final int MAX_LINES_OF_A_TEST = 500;

  private static final Pattern IMPORT =
      Pattern.compile("(?m)^import (?:static )?io\\.hyperlight\\.([a-z]\\w*)\\.");

  /** The user that a program names. */
  private static final Pattern USER = Pattern.compile("/\\* For (\\w+)\\. \\*/");

  private static List<Path> sources(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(".java")).toList();
    }
  }

  /** The folders directly in one that have Java sources. */
  private static Set<String> packagesIn(Path folder) throws IOException {
    Set<String> names = new TreeSet<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(Files::isDirectory).toList()) {
        if (!sources(file).isEmpty()) {
          names.add(file.getFileName().toString());
        }
      }
    }
    return names;
  }

  /** The lines of each text block. */
  private static List<Integer> textBlocks(Path source) throws IOException {
    List<Integer> sizes = new ArrayList<>();
    int start = -1;
    List<String> lines = Files.readAllLines(source);
    for (int i = 0; i < lines.size(); i++) {
      boolean marked = lines.get(i).contains("\"\"\"");
      if (marked && start < 0) {
        start = i;
      } else if (marked) {
        sizes.add(i - start - 1);
        start = -1;
      }
    }
    assertThat(start).as(source.toString()).isNegative();
    return sizes;
  }

  @Test
  void aLongProgramIsAFileAndNoTextBlock() throws IOException {
    List<String> tooLong = new ArrayList<>();
    int blocks = 0;
    for (String module : MODULES) {
      for (Path source : sources(ROOT.resolve(module).resolve("src/test/java"))) {
        List<Integer> sizes = textBlocks(source);
        blocks += sizes.size();
        sizes.stream()
            .filter(size -> size > MAX_LINES_OF_A_BLOCK)
            .map(size -> ROOT.relativize(source) + ": " + size + " lines")
            .forEach(tooLong::add);
      }
    }
    assertThat(blocks).isGreaterThan(100);
    assertThat(tooLong).isEmpty();
  }

  @Test
  void whatTestsOfSeveralConcernsUseIsAmongTheSharedTools() throws IOException {
    Set<String> concerns = packagesIn(TESTS);
    concerns.removeAll(packagesIn(LIBRARY));
    concerns.removeAll(Set.of("testing", "fuzz", "snippets"));
    assertThat(concerns).hasSizeGreaterThan(5);
    List<String> wrong = new ArrayList<>();
    for (String concern : concerns) {
      Set<String> others = new TreeSet<>(concerns);
      others.remove(concern);
      for (Path source : sources(TESTS.resolve(concern))) {
        IMPORT
            .matcher(Files.readString(source))
            .results()
            .map((MatchResult match) -> match.group(1))
            .filter(others::contains)
            .map(other -> TESTS.relativize(source) + " uses " + other)
            .forEach(wrong::add);
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void noTestIsAskingToBeTwo() throws IOException {
    List<String> tooLong = new ArrayList<>();
    for (String module : MODULES) {
      for (Path source : sources(ROOT.resolve(module).resolve("src/test/java"))) {
        int lines = Files.readAllLines(source).size();
        if (lines > MAX_LINES_OF_A_TEST) {
          tooLong.add(ROOT.relativize(source) + ": " + lines + " lines");
        }
      }
    }
    assertThat(tooLong).isEmpty();
  }

  @Test
  void noPackageIsInTwoModules() throws IOException {
    Map<Path, Set<String>> modules = new TreeMap<>();
    for (String module : MODULES) {
      Path main = ROOT.resolve(module).resolve("src/main/java");
      for (Path source : sources(main)) {
        Path folder = main.relativize(source).getParent();
        if (folder != null) {
          modules.computeIfAbsent(folder, _ -> new TreeSet<>()).add(module);
        }
      }
    }
    assertThat(modules).hasSizeGreaterThan(10);
    assertThat(modules).allSatisfy((_, names) -> assertThat(names).hasSize(1));
  }

  @Test
  void everyProgramOfTheTestsIsNamedByATest() throws IOException {
    StringBuilder tests = new StringBuilder();
    for (Path source : sources(TESTS)) {
      tests.append(Files.readString(source));
    }
    List<Path> programs;
    try (Stream<Path> files = Files.walk(ROOT.resolve("host/src/test/resources/io"))) {
      programs = files.filter(file -> file.toString().matches(".*\\.(c|rs)")).toList();
    }
    assertThat(programs).hasSizeGreaterThan(50);
    List<String> unknown = new ArrayList<>();
    for (Path program : programs) {
      // With or without the end of its name, alone or after a folder.
      String name = program.getFileName().toString().replaceFirst("\\..*", "");
      boolean named =
          Pattern.compile("[\"/]" + name + "(\\.h)?(\\.c|\\.rs)?[\",]").matcher(tests).find();
      Matcher user = USER.matcher(Files.readString(program));
      boolean right =
          !user.lookingAt()
              || Pattern.compile("\\b(class|enum) " + user.group(1) + "\\b").matcher(tests).find();
      if (!named || !right) {
        unknown.add(ROOT.relativize(program).toString());
      }
    }
    assertThat(unknown).isEmpty();
  }
}
