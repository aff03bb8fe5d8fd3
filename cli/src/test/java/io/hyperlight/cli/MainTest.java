package io.hyperlight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.hyperlight.Program;
import io.hyperlight.value.Limits;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** Tests what all commands have in common, and the small commands. */
class MainTest extends CommandFixture {
  @Test
  void functionsListsExportsAndImports() {
    assertThat(run("functions", guest)).isZero();
    assertThat(out())
        .contains("export int add(int, int)\n")
        .contains("export void crash(void)\n")
        .contains("import hl_string name_of(int)\n");
  }

  @Test
  void ccShowsWhatTheCompilerSays() throws IOException {
    Path source = Files.writeString(folder.resolve("wrong.c"), "int f( {");
    assertFails(ExitStatus.FAILED, "wrong.c:1", "cc", source.toString());
  }

  @Test
  void ccLinksWithALibcAndOtherLibrariesWhereverTheyAreNamed() throws IOException {
    Path headers = Files.createDirectories(folder.resolve("headers"));
    Files.writeString(headers.resolve("factor.h"), "#define FACTOR 2\n");
    Path source =
        Files.writeString(
            folder.resolve("root.c"),
            """
            #include <hyperlight.h>
            #include <math.h>
            #include "factor.h"
            HL_EXPORT(double, root, double)
            double root(double x) { return FACTOR * cbrt(x) + TERM; }
            """);
    assertPrints(
        "",
        "cc",
        "-l",
        "m",
        "--libc",
        "-I",
        headers.toString(),
        source.toString(),
        "-D",
        "TERM=1",
        "-Wl,-z,relro");
    assertPrints("export double root(double)\n", "functions", folder.resolve("root").toString());
  }

  @Test
  void ccRefusesMissingSources() {
    assertFails(ExitStatus.FAILED, "cannot read", "cc", folder.resolve("none.c").toString());
    assertFails(ExitStatus.FAILED, "needs a source file", "cc");
  }

  @Test
  void doctorSaysThatThisMachineIsAble() {
    assertThat(run("doctor")).as(out()).isZero();
    assertThat(out()).contains("/dev/kvm").contains("This machine can run sandboxes.");
  }

  @Test
  void doctorTriesWhatSandboxesRelyOn() {
    assertThat(run("doctor", "--self-test")).as(out()).isZero();
    assertThat(out()).contains("code cannot be written").doesNotContain("FAILED");
  }

  @Test
  void demoTellsTheWalkThrough() {
    assertThat(run("demo")).isZero();
    assertThat(out()).contains("add(2, 40)         = 42");
  }

  @Test
  void unknownCommandsAreUsageErrors() {
    assertThat(run("frobnicate")).isEqualTo(CommandLine.ExitCode.USAGE);
  }

  @Test
  void aWrongCommandLineIsToldShortlyWithWhatIsMeant() {
    assertUsage("unknown option '--frob'", "--frob");
    assertUsage("unknown option '--frob'", "call", "--frob", guest, "add");
    assertUsage("unknown option '--jsn'; did you mean --json?", "functions", "--jsn", guest);
    assertUsage("unknown command 'functoins'; did you mean functions?", "functoins");
    assertUsage("Missing required parameter: 'GUEST'", "functions");
    assertUsage("one word too many: 'more'", "functions", guest, "more");
    assertThat(run("run", "--timeot", "1", "busybox")).isEqualTo(ExitStatus.RUN_FAILED);
    assertThat(err()).contains("unknown option '--timeot'; did you mean --timeout?");
  }

  private void assertUsage(String message, String... words) {
    err.reset();
    assertThat(run(words)).isEqualTo(ExitStatus.USAGE);
    assertThat(err().lines()).hasSize(3);
    assertThat(err()).startsWith("hyperlight: " + message + "\n").contains("\nUsage: hyperlight ");
  }

  @Test
  void theLimitsOfTheLibraryHoldUnlessOthersAreGiven() {
    for (String command : List.of("run", "call", "snapshot")) {
      out.reset();
      assertThat(run(command, "--help")).isZero();
      assertThat(out()).contains("10m for run, 1m for a call", "64 MiB by default");
    }
    assertThat(new LimitOptions().limits(Limits.DEFAULT)).isEqualTo(Limits.DEFAULT);
    assertThat(Program.DEFAULT_RUN_TIMEOUT).isEqualTo(Duration.ofMinutes(10));
    assertThat(Limits.DEFAULT.callTimeout()).isEqualTo(Duration.ofMinutes(1));
    assertThat(Limits.DEFAULT.outputBytes()).isEqualTo(64 << 20);
    assertThat(Limits.DEFAULT.heapBytes()).isEqualTo(16 << 20);
  }

  @Test
  void aGuestThatTakesTooLongEndsWith124() {
    Tool.require(Tool.BUSYBOX);
    assertFails(
        ExitStatus.TIMED_OUT, "took longer than 0.05s", "call", "--timeout", "0.05", guest, "spin");
    assertFails(
        ExitStatus.TIMED_OUT, "longer than 0.05s", "run", "--timeout", "0.05s", "busybox", "yes");
    assertFails(
        ExitStatus.TIMED_OUT, "processor time", "run", "--cpu-time", "0.05", "busybox", "yes");
    assertFails(
        ExitStatus.TIMED_OUT,
        "took longer",
        "snapshot",
        "--timeout",
        "0.05",
        guest,
        "-o",
        folder.resolve("spun").toString(),
        "--call",
        "spin");
    for (String wrong : List.of("0", "-1", "x", "1y", "")) {
      assertFails(ExitStatus.RUN_FAILED, "--timeout", "run", "--timeout", wrong, "busybox", "true");
    }
  }

  @Test
  void aGuestThatUsesTooMuchIsEnded() {
    Tool.require(Tool.BUSYBOX);
    assertFails(
        ExitStatus.RUN_FAILED, "passed a limit", "run", "--max-output", "1", "busybox", "yes");
    assertFails(
        ExitStatus.RUN_FAILED,
        "passed a limit",
        "run",
        "--max-system-calls",
        "9",
        "busybox",
        "yes");
  }

  @Test
  void aGuestGetsNoMoreOfTheHeapThanItMay() {
    Tool.require(Tool.BUSYBOX);
    String[] read = {"busybox", "cat", "/proc/self/maps"};
    assertThat(run(words("run", new String[] {}, read))).isZero();
    assertThat(run(words("run", new String[] {"--max-heap", "0"}, read))).isEqualTo(1);
    assertThat(err()).contains("/proc/self/maps").contains("Cannot allocate memory");
    assertFails(ExitStatus.RUN_FAILED, "--max-heap -1", "run", "--max-heap", "-1", "busybox");
    out.reset();
    assertThat(run("run", "--help")).isZero();
    assertThat(out()).contains("--max-heap=MIB").contains("16 MiB by default");
  }

  @Test
  void functionsInspectAndDoctorPrintJson() throws IOException {
    assertThat(run("functions", "--json", guest)).isZero();
    Map<String, Object> functions = json();
    assertThat(functions).containsOnlyKeys("exports", "imports");
    assertThat(functions.get("imports"))
        .isEqualTo(
            List.of(
                Map.of(
                    "name",
                    "name_of",
                    "declaration",
                    "hl_string name_of(int)",
                    "result",
                    "String",
                    "parameters",
                    List.of("int"))));
    assertThat(run("inspect", "--json", snapshot())).isZero();
    Map<String, Object> inspected = json();
    assertThat(inspected)
        .containsOnlyKeys(
            "formatVersion",
            "libraryVersion",
            "guest",
            "guestAbiVersion",
            "memoryBytes",
            "stackBytes",
            "contentBytes",
            "processorFeatures",
            "intact",
            "mappings",
            "exports",
            "imports");
    assertThat(inspected).containsEntry("guest", guest).containsEntry("intact", true);
    assertThat(run("doctor", "--json")).isZero();
    Map<String, Object> doctor = json();
    assertThat(doctor).containsOnlyKeys("able", "checks", "capacity", "tools");
    assertThat(doctor).containsEntry("able", true);
  }

  /** Returns the output as maps, lists and values. */
  private Map<String, Object> json() throws IOException {
    try (JsonParser parser = new JsonFactory().createParser(out())) {
      parser.nextToken();
      Map<String, Object> object = object(parser);
      assertThat(parser.nextToken()).isNull();
      out.reset();
      return object;
    }
  }

  private static Object value(JsonParser parser) throws IOException {
    return switch (parser.currentToken()) {
      case START_OBJECT -> object(parser);
      case START_ARRAY -> array(parser);
      case VALUE_STRING -> parser.getText();
      case VALUE_NUMBER_INT -> parser.getLongValue();
      default -> parser.getBooleanValue();
    };
  }

  private static Map<String, Object> object(JsonParser parser) throws IOException {
    Map<String, Object> object = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      parser.nextToken();
      object.put(key, value(parser));
    }
    return object;
  }

  private static List<Object> array(JsonParser parser) throws IOException {
    List<Object> array = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      array.add(value(parser));
    }
    return array;
  }

  @Test
  void completionKnowsEveryCommandAndOption() throws Exception {
    for (String shell : List.of("bash", "zsh")) {
      out.reset();
      assertThat(run("completion", shell)).isZero();
      String script = out();
      CommandLine commandLine = Main.commandLine();
      commandLine
          .getSubcommands()
          .forEach((name, command) -> {
            assertThat(script).contains(name);
            command
                .getCommandSpec()
                .options()
                .forEach(option -> assertThat(script).contains(option.longestName()));
          });
    }
    Path script = Files.writeString(folder.resolve("completion.bash"), out());
    Process bash =
        new ProcessBuilder(
                "bash",
                "-c",
                "source \"$1\"; COMP_WORDS=(hyperlight func); COMP_CWORD=1; COMP_LINE='hyperlight"
                    + " func'; _complete_hyperlight hyperlight func hyperlight; echo"
                    + " \"${COMPREPLY[@]}\"",
                "bash",
                script.toString())
            .redirectErrorStream(true)
            .start();
    assertThat(new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip())
        .endsWith("functions");
  }
}
