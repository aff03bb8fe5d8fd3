package io.hyperlight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.hyperlight.Limits;
import io.hyperlight.Program;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The commands as a user types them, on a guest that the first of them compiles. */
class MainTest {
  private static final String SOURCE =
      """
      #include <hyperlight.h>
      HL_IMPORT(hl_string, name_of, int)
      HL_EXPORT(int, add, int, int)
      int add(int a, int b) { return a + b; }
      HL_EXPORT(bool, both, bool, bool)
      bool both(bool a, bool b) { return a && b; }
      HL_EXPORT(double, half, double)
      double half(double x) { return x / FACTOR; }
      HL_EXPORT(hl_bytes, reverse, hl_bytes)
      hl_bytes reverse(hl_bytes in)
      {
          uint8_t *out = hl_scratch(in.size);
          for (size_t i = 0; i < in.size; i++) {
              out[i] = in.data[in.size - 1 - i];
          }
          return (hl_bytes){out, in.size};
      }
      HL_EXPORT(hl_string, greet, int)
      hl_string greet(int who)
      {
          hl_log(HL_WARNING, HL_STR("greeting"));
          hl_print(HL_STR("hello\\n"));
          return hl_concat(HL_STR("hello "), name_of(who));
      }
      HL_EXPORT(uint8_t, small, uint8_t)
      uint8_t small(uint8_t x) { return x; }
      static int counter;
      HL_EXPORT(int, count_by, int)
      int count_by(int step) { return counter += step; }
      HL_EXPORT(void, spin)
      void spin(void) { for (;;) __asm__ volatile(""); }
      HL_EXPORT(void, crash)
      void crash(void) { __builtin_trap(); }
      """;

  @TempDir private static Path folder;

  private static String guest = "";

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final PrintStream originalOut = System.out;
  private final PrintStream originalErr = System.err;

  @BeforeAll
  static void compile() throws IOException {
    Path source = Files.writeString(folder.resolve("guest.c"), SOURCE);
    guest = folder.resolve("guest").toString();
    int status = Main.commandLine().execute("cc", source.toString(), "-DFACTOR=2", "-g");
    assertThat(status).isZero();
    assertThat(Path.of(guest)).exists();
  }

  @BeforeEach
  void capture() {
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
  }

  @AfterEach
  void release() {
    System.setOut(originalOut);
    System.setErr(originalErr);
  }

  private int run(String... words) {
    CommandLine command = Main.commandLine();
    command.setErr(new PrintWriter(err, true, StandardCharsets.UTF_8));
    command.setOut(new PrintWriter(out, true, StandardCharsets.UTF_8));
    return command.execute(words);
  }

  private String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  private void assertPrints(String expected, String... words) {
    assertThat(run(words)).as(err()).isZero();
    assertThat(out()).isEqualTo(expected);
  }

  private void assertFails(int status, String message, String... words) {
    assertThat(run(words)).isEqualTo(status);
    assertThat(err()).contains(message).doesNotContain("\tat ");
  }

  @Test
  void callReadsNumbersByTheDeclaredTypes() {
    assertPrints("-38\n", "call", guest, "add", "2", "-0x28");
  }

  @Test
  void callReadsALeadingZeroAsNothingSpecial() {
    assertPrints("18\n", "call", guest, "add", "010", "8");
  }

  @Test
  void callReadsBooleans() {
    assertPrints("false\n", "call", guest, "both", "true", "false");
  }

  @Test
  void callReadsReals() {
    assertPrints("1.25\n", "call", guest, "half", "2.5");
  }

  @Test
  void callPrintsBytesInHexadecimal() {
    assertPrints("636261\n", "call", guest, "reverse", "abc");
  }

  @Test
  void callReadsAFileAndWritesRawBytes() throws IOException {
    Path file = Files.write(folder.resolve("bytes"), new byte[] {0, 'x', '\n'});
    assertPrints("\nx\0", "call", "--raw", guest, "reverse", "@" + file);
  }

  @Test
  void callTakesADoubledAtSignForText() {
    assertPrints("6440\n", "call", guest, "reverse", "@@d");
  }

  @Test
  void callLeavesDashesBehindTheGuestToTheGuest() {
    assertPrints("6d2d\n", "call", guest, "reverse", "-m");
  }

  @Test
  void callAnswersHostFunctionsWithGivenValues() {
    assertPrints("hello\nhello you\n", "call", "--host", "name_of=you", guest, "greet", "1");
    assertThat(err()).contains("guest: WARNING: greeting");
  }

  @Test
  void callSaysWhichHostFunctionNothingAnswers() {
    assertFails(ExitStatus.FAILED, "--host name_of=VALUE", "call", guest, "greet", "1");
  }

  @Test
  void callSaysWhichHostFunctionsThereAreIfAnotherIsGiven() {
    assertFails(
        ExitStatus.FAILED,
        "--host name_off: the guest imports only name_of",
        "call",
        "--host",
        "name_off=you",
        guest,
        "add",
        "1",
        "2");
  }

  @Test
  void callNamesTheArgumentItCannotRead() {
    assertFails(
        ExitStatus.FAILED,
        "argument 2 of int add(int, int): 'x' is not a value of type int",
        "call",
        guest,
        "add",
        "2",
        "x");
  }

  @Test
  void callRefusesNumbersThatDoNotFit() {
    assertFails(ExitStatus.FAILED, "'2147483648'", "call", guest, "add", "2147483648", "1");
    assertFails(ExitStatus.FAILED, "must be 0 to 255", "call", guest, "small", "256");
  }

  @Test
  void callCountsArguments() {
    assertFails(ExitStatus.FAILED, "takes 2 arguments, not 1", "call", guest, "add", "2");
  }

  @Test
  void callSuggestsFunctionNames() {
    assertFails(ExitStatus.FAILED, "did you mean add?", "call", guest, "ad");
  }

  @Test
  void callShowsWhereAGuestCrashed() {
    assertFails(128 + 4, "(crash", "call", guest, "crash");
    assertThat(err()).contains("RIP ").contains("invalid instruction");
  }

  @Test
  void callTellsOfSystemCallsIfAsked() {
    assertPrints("3\n", "call", "--trace", guest, "add", "1", "2");
    assertThat(err()).isEmpty();
    assertThat(run("call", "--trace", "--host", "name_of=x", guest, "greet", "1")).isZero();
    assertThat(err()).contains("write(1, \"hello\\n\", 6) = 6\n");
  }

  @Test
  void callTakesTheSizeOfTheStack() {
    assertPrints("3\n", "call", "--stack", "64", guest, "add", "1", "2");
    assertFails(ExitStatus.FAILED, "--stack 5", "call", "--stack", "5", guest, "add", "1", "2");
  }

  @Test
  void callRefusesMemoryOutOfRange() {
    assertFails(ExitStatus.FAILED, "--memory 0", "call", "--memory", "0", guest, "add", "1", "2");
  }

  @Test
  void callSaysThatAFileIsNoGuest() {
    assertFails(
        ExitStatus.FAILED, "is no guest", "call", folder.resolve("guest.c").toString(), "f");
    assertFails(
        ExitStatus.FAILED, "cannot read guest", "call", folder.resolve("none").toString(), "f");
  }

  @Test
  void snapshotSavesAStartedGuestAndCallContinuesIt() {
    String file = folder.resolve("started.snap").toString();
    assertPrints("", "snapshot", guest, "-o", file);
    assertPrints("5\n", "call", file, "count_by", "5");
    out.reset();
    assertPrints("5\n", "call", file, "count_by", "5");
  }

  @Test
  void snapshotCallsAFunctionBefore() {
    String file = folder.resolve("warm.snap").toString();
    assertPrints("", "snapshot", guest, "-o", file, "--call", "count_by", "-40");
    assertPrints("-38\n", "call", file, "count_by", "2");
    String warmer = folder.resolve("warmer.snap").toString();
    out.reset();
    assertPrints("", "snapshot", file, "-o", warmer, "--call", "count_by", "50");
    assertPrints("11\n", "call", warmer, "count_by", "1");
  }

  @Test
  void snapshotNamesItsFileAfterTheGuest() {
    assertPrints("", "snapshot", guest);
    assertPrints("3\n", "call", guest + ".snap", "add", "1", "2");
  }

  @Test
  void callAnswersHostFunctionsOfASnapshotWithGivenValues() {
    String file = folder.resolve("host.snap").toString();
    assertPrints("", "snapshot", guest, "-o", file);
    assertPrints("hello\nhello you\n", "call", "--host", "name_of=you", file, "greet", "1");
    assertFails(ExitStatus.FAILED, "--host name_of=VALUE", "call", file, "greet", "1");
  }

  @Test
  void callGivesASnapshotNoOtherMemory() {
    String file = folder.resolve("memory.snap").toString();
    assertPrints("", "snapshot", "--memory", "8", guest, "-o", file);
    assertFails(
        ExitStatus.FAILED,
        "--memory, --stack: a snapshot",
        "call",
        "--memory",
        "16",
        file,
        "add",
        "1");
  }

  @Test
  void snapshotOfAGuestThatFailsLeavesNoFile() {
    Path file = folder.resolve("failed.snap");
    assertFails(
        128 + 4,
        "invalid instruction",
        "snapshot",
        guest,
        "-o",
        file.toString(),
        "--call",
        "crash");
    assertThat(file).doesNotExist();
  }

  @Test
  void inspectSaysWhatIsInASnapshot() {
    String file = folder.resolve("inspected.snap").toString();
    assertPrints("", "snapshot", guest, "-o", file);
    assertThat(run("inspect", file)).isZero();
    assertThat(out())
        .contains("format    version 1, written by hyperlight ")
        .contains("guest     " + guest + ", ABI version 1\n")
        .contains("memory    16,777,216 bytes, 262,144 of them stack\n")
        .contains("processor SSE3 ")
        .contains("digest    right\n")
        .contains("mapping   r-x 0x")
        .contains("export    int add(int, int)\n")
        .contains("import    hl_string name_of(int)\n");
  }

  @Test
  void inspectTellsDamageAndWhatIsNoSnapshot() throws IOException {
    Path file = folder.resolve("damaged.snap");
    assertPrints("", "snapshot", guest, "-o", file.toString());
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1]++;
    Files.write(file, bytes);
    assertThat(run("inspect", file.toString())).isEqualTo(ExitStatus.FAILED);
    assertThat(out()).contains("digest    WRONG");
    assertFails(ExitStatus.FAILED, "digest", "call", file.toString(), "add", "1", "2");
    assertFails(ExitStatus.FAILED, "no snapshot", "inspect", guest);
    assertFails(ExitStatus.FAILED, "cannot read", "inspect", folder.resolve("none").toString());
  }

  @Test
  void functionsListsExportsAndImports() {
    assertThat(run("functions", guest)).isZero();
    assertThat(out())
        .contains("export int add(int, int)\n")
        .contains("export void crash(void)\n")
        .contains("import hl_string name_of(int)\n");
  }

  @Test
  void functionsListsThoseOfASnapshot() {
    String file = folder.resolve("functions.snap").toString();
    assertPrints("", "snapshot", guest, "-o", file);
    assertThat(run("functions", file)).isZero();
    assertThat(out()).contains("export int add(int, int)\n");
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
  void callMountsFiles() throws IOException {
    Path source =
        Files.writeString(
            folder.resolve("reader.c"),
            """
            #include <hyperlight.h>
            #include <stdio.h>
            HL_EXPORT(int, first, hl_string)
            int first(hl_string path)
            {
                char name[100];
                snprintf(name, sizeof name, "%.*s", (int)path.size, path.data);
                FILE *file = fopen(name, "r");
                return file ? fgetc(file) : -1;
            }
            """);
    assertPrints("", "cc", "--libc", source.toString());
    Path data = Files.writeString(folder.resolve("one-file"), "A");
    String reader = folder.resolve("reader").toString();
    assertPrints("65\n", "call", "--mount", data + ":/data", reader, "first", "/data");
    out.reset();
    assertPrints("35\n", "call", "--mount", folder + ":/x", reader, "first", "/x/reader.c");
    assertFails(
        ExitStatus.FAILED,
        "a snapshot has the files",
        "call",
        "--mount",
        "/tmp:/t",
        snapshot(),
        "x");
  }

  private String snapshot() {
    String file = folder.resolve("for-files.snap").toString();
    assertThat(run("snapshot", guest, "-o", file)).isZero();
    return file;
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

  /** What was printed, as maps, lists and values. */
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

  private static final String[] LIBRARIES = {
    "--mount", "/usr:/usr", "--mount", "/lib:/lib:ro", "--mount", "/lib64:/lib64"
  };

  private static String[] words(String command, String[] options, String... rest) {
    return Stream.of(Stream.of(command), Stream.of(options), Stream.of(rest))
        .flatMap(words -> words)
        .toArray(String[]::new);
  }

  @Test
  void runRunsAProgramFromThePath() {
    Tool.require(Tool.BUSYBOX);
    assertPrints("42\n", "run", "busybox", "expr", "6", "*", "7");
    assertThat(err()).isEmpty();
  }

  @Test
  void runHasTheProgramsStatusInputAndErrors() {
    Tool.require(Tool.BUSYBOX);
    InputStream original = System.in;
    System.setIn(new ByteArrayInputStream("one\ntwo\n".getBytes(StandardCharsets.UTF_8)));
    try {
      assertThat(
              run("run", "busybox", "sh", "-c", "cat_; read x; echo $x; echo $A >&2; exit 7", "-"))
          .isEqualTo(7);
    } finally {
      System.setIn(original);
    }
    assertThat(out()).isEqualTo("one\n");
    assertThat(err()).startsWith("-: line 0: cat_: not found\n\n");
  }

  @Test
  void runMountsAndGivesAnEnvironmentAndASpaceToWriteTo() throws IOException {
    Tool.require(Tool.BUSYBOX);
    Path data = Files.createDirectories(folder.resolve("data"));
    Files.writeString(data.resolve("greeting"), "hello");
    String[] options = {"--mount", data + ":/data:ro", "--scratch", "/tmp:1", "--env", "NAME=you"};
    assertPrints(
        "hello you\nkept\n",
        words(
            "run",
            options,
            "busybox",
            "sh",
            "-c",
            "read x < /data/greeting; echo $x $NAME; echo kept > /tmp/f; read y < /tmp/f; echo $y;"
                + " echo x 2>/dev/null > /data/greeting || exit 0; exit 1"));
  }

  @Test
  void runRunsADynamicProgramAndTracesIt() {
    Tool.require(Tool.PYTHON);
    assertPrints(
        "45\n", words("run", LIBRARIES, "/usr/bin/python3", "-c", "print(sum(range(10)))"));
    out.reset();
    assertPrints("x\n", words("run", LIBRARIES, "--trace", "/usr/bin/python3", "-c", "print('x')"));
    assertThat(err())
        .contains("openat(AT_FDCWD, \"/lib/x86_64-linux-gnu/libc.so.6\", O_RDONLY|O_CLOEXEC) = 3\n")
        .contains("write(1, \"x\\n\", 2) = 2\n")
        .endsWith("exit_group(0) = ?\n");
  }

  @Test
  void runTellsWhatTheProgramNeeds() {
    Tool.require(Tool.BUSYBOX, Tool.PYTHON);
    assertFails(
        ExitStatus.NOT_EXECUTABLE, "hyperlight run --system", "run", "/usr/bin/python3", "-c", "1");
    assertThat(err()).contains("mount the directory that has it");
    assertThat(run("run", "busybox", "sh", "-c", "busybox ls | busybox wc")).isNotZero();
    assertThat(err()).contains("hyperlight: refused: ");
    assertFails(139, "hyperlight: ", "run", "busybox", "sh", "-c", "kill -SEGV $$");
  }

  @Test
  void runRefusesWhatItCannotUse() throws IOException {
    Tool.require(Tool.BUSYBOX);
    Path script = Files.writeString(folder.resolve("script"), "#!/bin/sh\n");
    assertFails(ExitStatus.NOT_EXECUTABLE, "chmod +x", "run", script.toString());
    assertFails(ExitStatus.NOT_FOUND, "no such program", "run", "no-program-of-this-name");
    assertFails(ExitStatus.NOT_FOUND, "does not exist", "run", "/nowhere/program");
    assertFails(ExitStatus.NOT_EXECUTABLE, "is a directory", "run", "/tmp");
    assertFails(ExitStatus.RUN_FAILED, "--out: the program", "run", "--out", "/x", "busybox");
    assertFails(ExitStatus.RUN_FAILED, "HOST:GUEST", "run", "--mount", "/tmp", "busybox", "true");
    assertFails(
        ExitStatus.RUN_FAILED, "read-only", "run", "--mount", "/tmp:/tmp:rw", "busybox", "true");
    assertFails(
        ExitStatus.RUN_FAILED, "/nowhere", "run", "--mount", "/nowhere:/x", "busybox", "true");
    assertFails(
        ExitStatus.RUN_FAILED, "relative", "run", "--mount", "/tmp:relative", "busybox", "true");
    assertFails(
        ExitStatus.RUN_FAILED, "--scratch /tmp:x", "run", "--scratch", "/tmp:x", "busybox", "true");
    assertFails(
        ExitStatus.RUN_FAILED, "--scratch /tmp:0", "run", "--scratch", "/tmp:0", "busybox", "true");
    assertFails(
        ExitStatus.RUN_FAILED, "the name is missing", "run", "--env", "=x", "busybox", "true");
    assertFails(
        ExitStatus.RUN_FAILED, "Value for option '--env'", "run", "--env", "x", "busybox", "true");
    assertFails(ExitStatus.RUN_FAILED, "--memory 0", "run", "--memory", "0", "busybox", "true");
    assertFails(ExitStatus.RUN_FAILED, "memory", "run", "--memory", "4", "busybox", "true");
  }
}
