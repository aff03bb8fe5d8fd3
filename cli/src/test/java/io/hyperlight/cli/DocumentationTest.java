package io.hyperlight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.sdk.GuestCompiler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compiles and runs the examples of the documents, as a reader would. */
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

  /** Puts the command where the documents expect it, so that a shell can run their examples. */
  private void putCommand() throws IOException {
    List<String> command = java("-m", "hyperlight.cli/io.hyperlight.cli.Main");
    String words = command.stream().map(word -> "'" + word + "'").collect(Collectors.joining(" "));
    Path script = folder.resolve("hyperlight");
    Files.writeString(script, "#!/bin/sh\nexec " + words + " \"$@\"\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** Returns the commands of this program from the blocks of a document. */
  private static List<String> commands(Path document, String names) throws IOException {
    return blocks(document, "").stream()
        .flatMap(String::lines)
        .filter(line -> line.matches("\\./hyperlight (" + names + ")\\b.*"))
        .toList();
  }

  /** Runs a line in a shell. It finds programs of the system first. */
  private String shell(String line) throws IOException, InterruptedException {
    return run(List.of("bash", "-c", "PATH=/usr/bin:/bin:$PATH\n" + line));
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

  /** The guest is a JVM that compiles the class, and counts its requests: each is its first. */
  @Test
  void theServedJvmAnswersEachRequestAsItsFirst() throws Exception {
    Path app = Files.createDirectories(folder.resolve("app"));
    Files.writeString(
        app.resolve("Serve.java"),
        """
        void main() throws Exception {
          for (int count = 1; ; count++) {
            System.out.print(new String(System.in.readAllBytes()) + " " + count);
            System.out.flush();
          }
        }
        """);
    List<String> programs = blocks(ROOT.resolve("docs/threads.md"), "java");
    assertThat(programs).hasSize(1);
    assertThat(runProgram(programs.getFirst())).isEqualTo("one 1\ntwo 1\n");
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
    putCommand();
    List<String> commands = commands(readme, "cc|functions|call|snapshot|inspect");
    assertThat(commands).hasSize(7);
    StringBuilder said = new StringBuilder();
    for (String command : commands) {
      said.append(shell(command));
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
  void theReadmesWholeProgramsRun() throws Exception {
    Tool.require(Tool.PYTHON, Tool.NODE, Tool.JAVA);
    putCommand();
    List<String> commands = commands(ROOT.resolve("README.md"), "run");
    assertThat(commands).hasSize(3);
    assertThat(shell(commands.getFirst())).isEqualTo("42\n");
    assertThat(shell(commands.get(1))).isEqualTo("[ 2, 4, 6 ]\n");
    assertThat(shell(commands.get(2))).contains("Runtime");
  }

  @Test
  void theCommandsForWholeProgramsWork() throws Exception {
    Tool.require(Tool.BUSYBOX, Tool.PYTHON);
    putCommand();
    Files.writeString(folder.resolve("file"), "abc");
    Path script = Files.createDirectories(folder.resolve("scripts")).resolve("report.py");
    Files.writeString(script, "#!/usr/bin/python3\nimport os\nprint(os.listdir('/scripts'))\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    StringBuilder said = new StringBuilder();
    List<String> commands = commands(ROOT.resolve("docs/programs.md"), "run");
    assertThat(commands).hasSize(4);
    for (String command : commands) {
      said.append(shell(command));
    }
    assertThat(said)
        .hasToString(
            """
            ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  -
            45
            ['report.py']
            """);
    assertThat(folder.resolve("results/out/answer")).hasContent("42\n");
  }

  /** The programs that the documents name are in the current directory. */
  @Test
  void theCommandsForProgramsWithThreadsWork() throws Exception {
    Tool.require(Tool.NODE, Tool.JAVA);
    putCommand();
    Files.writeString(folder.resolve("server-side.js"), "console.log('from a file')");
    Path source =
        Files.writeString(
            folder.resolve("Main.java"),
            """
            class Main {
              public static void main(String[] arguments) {
                System.out.println("from a jar");
              }
            }
            """);
    String tools = System.getProperty("java.home") + "/bin/";
    shell(
        "%sjavac --release 17 '%s' && %sjar cf app.jar Main.class".formatted(tools, source, tools));
    List<String> commands = commands(ROOT.resolve("docs/threads.md"), "run --system");
    assertThat(commands).hasSize(2);
    assertThat(shell(commands.getFirst())).isEqualTo("from a file\n");
    assertThat(shell(commands.getLast())).isEqualTo("from a jar\n");
  }

  @Test
  void theCommandsForGuestsInCWork() throws Exception {
    putCommand();
    Path document = ROOT.resolve("docs/guests-in-c.md");
    Files.writeString(folder.resolve("words.c"), blocks(document, "c").getFirst());
    StringBuilder said = new StringBuilder();
    List<String> commands = commands(document, "cc|functions");
    assertThat(commands).hasSize(2);
    for (String command : commands) {
      said.append(shell(command));
    }
    assertThat(said.toString().lines())
        .containsExactlyInAnyOrder(
            "export uint32_t learn(hl_string)",
            "export hl_string first(void)",
            "export double root(double)",
            "import void progress(int)");
  }

  @Test
  void bothWaysToServeInPythonServe() throws Exception {
    Tool.require(Tool.PYTHON);
    List<String> programs = blocks(ROOT.resolve("docs/programs.md"), "python");
    assertThat(programs).hasSize(2);
    for (String program : programs) {
      Path script = folder.resolve("serve.py");
      Files.writeString(
          script, "import os, sys\ndef handle(text): return text.strip().upper()\n" + program);
      String said =
          runProgram(
              """
              import io.hyperlight.*;
              import java.nio.file.*;
              Program python =
                  Program.of(Path.of("/usr/bin/python3")).args("-c", Files.readString(Path.of("serve.py")));
              for (String name : new String[] {"/usr", "/lib", "/lib64"}) {
                python.mount(name, FileTree.directory(Path.of(name)));
              }
              try (ProgramServer starting = python.startServing(); ProgramSnapshot warm = starting.snapshot()) {
                for (String request : new String[] {"one", "two"}) {
                  IO.print(new String(warm.serve(request.getBytes())));
                }
              }
              """);
      assertThat(said).isEqualTo("ONE\nTWO\n");
    }
  }

  @Test
  void theCompletionThatIsShownCompletes() throws Exception {
    putCommand();
    String document = Files.readString(ROOT.resolve("docs/programs.md"));
    Matcher command = Pattern.compile("`(source <\\(\\./hyperlight[^`]*)`").matcher(document);
    assertThat(command.find()).isTrue();
    assertThat(shell(command.group(1) + "\ncomplete -p hyperlight")).contains("hyperlight");
  }

  @Test
  void propertiesThatAreShownAreRead() throws IOException {
    StringBuilder sources = new StringBuilder(Files.readString(ROOT.resolve("pom.xml")));
    List<Path> places =
        List.of("host", "cli", "bench", "tools").stream().map(ROOT::resolve).toList();
    for (Path place : places) {
      try (Stream<Path> files = Files.walk(place)) {
        for (Path file :
            files
                .filter(path -> !path.startsWith(place.resolve("target")))
                .filter(path -> path.toString().endsWith(".java") || path.endsWith("pom.xml"))
                .toList()) {
          sources.append(Files.readString(file));
        }
      }
    }
    Pattern property = Pattern.compile("-D((?:hyperlight|fuzz|cpython|hardware)\\.[\\w.]*\\w)");
    int shown = 0;
    for (Path document : documents()) {
      Matcher matcher = property.matcher(Files.readString(document));
      while (matcher.find()) {
        assertThat(sources.indexOf(matcher.group(1)))
            .as("%s in %s", matcher.group(1), document.getFileName())
            .isNotNegative();
        shown++;
      }
    }
    assertThat(shown).isPositive();
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
