package io.hyperlight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.sdk.GuestCompiler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the documents show is compiled and run, as a reader would do it. */
class DocumentationTest {
  private static final Path ROOT = Path.of("").toAbsolutePath().resolveSibling("");

  private static final Pattern BLOCK =
      Pattern.compile("^```(\\w*)\\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);

  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+)(#[^)]*)?\\)");

  @TempDir private Path folder;

  private static List<String> blocks(Path document, String language) throws IOException {
    Matcher matcher = BLOCK.matcher(Files.readString(document));
    return matcher
        .results()
        .filter(block -> block.group(1).equals(language))
        .map(block -> block.group(2))
        .toList();
  }

  private static List<Path> documents() throws IOException {
    try (Stream<Path> root = Files.list(ROOT);
        Stream<Path> docs = Files.list(ROOT.resolve("docs"))) {
      return Stream.concat(root, docs).filter(file -> file.toString().endsWith(".md")).toList();
    }
  }

  private String run(List<String> command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as("%s%n%s", command, said).isZero();
    return said;
  }

  private static List<String> java(String... rest) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=hyperlight");
    command.add("-p");
    command.add(System.getProperty("jdk.module.path"));
    command.addAll(List.of(rest));
    return command;
  }

  private void compileHello(Path document) throws IOException {
    List<String> sources = blocks(document, "c");
    assertThat(sources).hasSize(1);
    Path guests = Files.createDirectories(folder.resolve("examples/guests"));
    Path source = Files.writeString(guests.resolve("hello.c"), sources.getFirst());
    assertThat(new GuestCompiler().compile(List.of(source), folder.resolve("hello"), List.of()))
        .as("warnings")
        .isEmpty();
  }

  @Test
  void theReadmesGuestIsTheExampleOfThatName() throws IOException {
    assertThat(blocks(ROOT.resolve("README.md"), "c"))
        .containsExactly(Files.readString(ROOT.resolve("examples/guests/hello.c")));
  }

  @Test
  void theReadmesProgramsRunTheirGuest() throws Exception {
    Path readme = ROOT.resolve("README.md");
    compileHello(readme);
    List<String> said = new ArrayList<>();
    for (String program : blocks(readme, "java")) {
      said.add(runProgram(program));
    }
    assertThat(said)
        .containsExactly(
            "saying hello\nHello, World! Today is Monday. 2 + 40 = 42\n",
            "Hello, World! Today is Tuesday.\nHello, Moon! Today is Tuesday.\n");
  }

  @Test
  void theExamplesOfWholeProgramsRun() throws Exception {
    Tool.require(Tool.PYTHON);
    List<String> said = new ArrayList<>();
    for (String program : blocks(ROOT.resolve("docs/programs.md"), "java")) {
      said.add(runProgram(program));
    }
    assertThat(said).containsExactly("0\ndone\n6\n", "3\n7\n");
  }

  /** Runs statements, with their imports before them, as a program. */
  private String runProgram(String statements) throws Exception {
    List<String> lines = statements.lines().toList();
    String program =
        lines.stream().filter(line -> line.startsWith("import ")).collect(Collectors.joining("\n"))
            + "\nvoid main() throws Throwable {\n"
            + lines.stream()
                .filter(line -> !line.startsWith("import "))
                .collect(Collectors.joining("\n"))
            + "\n}\n";
    Files.writeString(folder.resolve("Example.java"), program);
    return run(java("--add-modules", "hyperlight", "Example.java"));
  }

  @Test
  void theReadmesCommandsWork() throws Exception {
    Path readme = ROOT.resolve("README.md");
    compileHello(readme);
    List<String> commands =
        blocks(readme, "").stream()
            .flatMap(String::lines)
            .filter(line -> line.matches("\\./hyperlight (cc|functions|call|snapshot|inspect) .*"))
            .toList();
    assertThat(commands).hasSize(7);
    StringBuilder said = new StringBuilder();
    for (String command : commands) {
      List<String> words = new ArrayList<>(List.of(command.split(" ")));
      words.set(0, "hyperlight.cli/io.hyperlight.cli.Main");
      words.addFirst("-m");
      said.append(run(java(words.toArray(String[]::new))));
    }
    assertThat(said.toString())
        .startsWith(
            """
            export int add(int, int)
            export hl_string say_hello(hl_string)
            import hl_string get_weekday(void)
            42
            saying hello
            Hello, World! Today is Friday.
            """)
        .contains("guest     hello, ABI version 1")
        .endsWith("saying hello\nHello, Sun! Today is Sunday.\n");
  }

  @Test
  void linksBetweenDocumentsLeadSomewhere() throws IOException {
    for (Path document : documents()) {
      Matcher link = LINK.matcher(Files.readString(document));
      while (link.find()) {
        assertThat(document.resolveSibling(link.group(1)))
            .as("link in %s", document.getFileName())
            .exists();
      }
    }
  }
}
