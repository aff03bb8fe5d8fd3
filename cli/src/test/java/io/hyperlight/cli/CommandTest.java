package io.hyperlight.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.sdk.GuestCompiler;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the command as a process, with its descriptors, its environment and its files. */
class CommandTest {
  private static final List<String> LOCALES = List.of("POSIX", "C.UTF-8");

  @TempDir private static Path folder;

  /** A program that prints its arguments, or makes files of those names. */
  private static Path tool = Path.of("");

  private static Path guest = Path.of("");

  private record Ended(int status, String output, String errors) {}

  @BeforeAll
  static void compile() throws Exception {
    Path source = folder.resolve("tool.c");
    try (InputStream text = CommandTest.class.getResourceAsStream("tool.c")) {
      Files.copy(requireNonNull(text), source);
    }
    tool = folder.resolve("tool");
    assertThat(sh("gcc -static -o \"$1\" \"$2\"", tool.toString(), source.toString()).status())
        .isZero();
    guest = folder.resolve("guest");
    Path code =
        Files.writeString(
            folder.resolve("guest.c"),
            """
            #include <hyperlight.h>
            HL_EXPORT(hl_string, same, hl_string)
            hl_string same(hl_string text) { return text; }
            HL_EXPORT(hl_bytes, same_bytes, hl_bytes)
            hl_bytes same_bytes(hl_bytes bytes) { return bytes; }
            HL_EXPORT(void, chatter)
            void chatter(void) { for (;;) hl_print(HL_STR("chatter\\n")); }
            """);
    assertThat(new GuestCompiler().compile(List.of(code), guest, List.of())).isEmpty();
  }

  /** Returns the command as the words of a command line. */
  private static List<String> hyperlight(String... words) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    String modules = System.getProperty("jdk.module.path");
    if (modules != null) {
      command.addAll(List.of("--enable-native-access=hyperlight", "-p", modules, "-m"));
      command.add("hyperlight.cli/io.hyperlight.cli.Main");
    } else {
      command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-cp"));
      command.add(System.getProperty("java.class.path"));
      command.add(Main.class.getName());
    }
    command.addAll(List.of(words));
    return command;
  }

  /** Runs a script with arguments. Its output is read as bytes. */
  private static Ended sh(String script, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("bash", "-c", script, "bash"));
    command.addAll(List.of(arguments));
    return end(new ProcessBuilder(command).directory(folder.toFile()));
  }

  private static Ended end(ProcessBuilder builder) throws Exception {
    Path errors = Files.createTempFile(folder, "errors", "");
    Process process = builder.redirectError(errors.toFile()).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), ISO_8859_1);
    return new Ended(process.waitFor(), output, Files.readString(errors, ISO_8859_1));
  }

  private static Ended sh(String script, List<String> arguments) throws Exception {
    return sh(script, arguments.toArray(String[]::new));
  }

  private static String bytes(String text) {
    return new String(text.getBytes(UTF_8), ISO_8859_1);
  }

  @Test
  void aProgramWhoseReaderGoesEndsAsItDoesNatively() throws Exception {
    Tool.require(Tool.BUSYBOX);
    String script = "\"$@\" | head -n 1; echo ${PIPESTATUS[0]}";
    Ended natively = sh(script, "busybox", "yes");
    assertThat(natively.output()).isEqualTo("y\n141\n");
    assertThat(sh(script, hyperlight("run", "busybox", "yes"))).isEqualTo(natively);
    assertThat(sh(script, hyperlight("call", guest.toString(), "chatter")).output())
        .isEqualTo("chatter\n141\n");
  }

  @Test
  void aProgramThatWritesToAFullDiskEndsAsItDoesNatively() throws Exception {
    Tool.require(Tool.BUSYBOX);
    String script = "\"$@\" >/dev/full; echo $? >&2";
    Ended natively = sh(script, "busybox", "yes");
    assertThat(natively.errors()).contains("1\n");
    assertThat(sh(script, hyperlight("run", "busybox", "yes"))).isEqualTo(natively);
    Ended called = sh(script, hyperlight("call", guest.toString(), "chatter"));
    assertThat(called.errors()).contains("the host's stream failed with error number 28");
  }

  @Test
  void argumentsOfBytesAreThoseThatWereTyped() throws Exception {
    for (String locale : LOCALES) {
      String call = "LC_ALL=" + locale + " exec \"$@\" $'\\xc3\\xbc\\xff'";
      assertThat(sh(call, hyperlight("call", guest.toString(), "same_bytes")))
          .as(locale)
          .isEqualTo(new Ended(0, "c3bcff\n", ""));
      Ended refused = sh(call, hyperlight("call", guest.toString(), "same"));
      assertThat(refused.status()).as(locale).isEqualTo(1);
      assertThat(refused.errors()).as(locale).contains("is not UTF-8 text");
    }
  }

  @Test
  void everyCommandEndsWithAnErrorIfItsOutputCannotBeWritten() throws Exception {
    String snapshot = folder.resolve("guest.snap").toString();
    assertThat(end(new ProcessBuilder(hyperlight("snapshot", guest.toString()))).status()).isZero();
    for (List<String> words :
        List.of(
            List.of("--help"),
            List.of("functions", guest.toString()),
            List.of("inspect", "--json", snapshot),
            List.of("completion", "bash"),
            List.of("call", guest.toString(), "same", "x"))) {
      List<String> command = hyperlight(words.toArray(String[]::new));
      Ended full = sh("\"$@\" > /dev/full", command);
      assertThat(full.status()).as("%s", words).isEqualTo(1);
      assertThat(full.errors())
          .as("%s", words)
          .isEqualTo(
              "hyperlight: cannot write to standard output: ENOSPC (No space left on device)\n");
      Ended unread = sh("exec 3> >(:); wait $!; \"$@\" >&3", command);
      assertThat(unread.status()).as("%s", words).isEqualTo(141);
      assertThat(unread.errors()).as("%s", words).isEmpty();
    }
  }

  @Test
  void timeGoesOnWhileAProgramWaitsForAReaderOrForInput() throws Exception {
    Tool.require(Tool.BUSYBOX);
    for (String program : List.of("yes", "cat")) {
      Process process =
          new ProcessBuilder(hyperlight("run", "--timeout", "0.5", "busybox", program))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      // The test touches neither pipe until the process has ended.
      assertThat(process.waitFor()).as(program).isEqualTo(ExitStatus.TIMED_OUT);
    }
  }

  @Test
  void textAndNamesAreTheSameInEveryLocale() throws Exception {
    Path odd = folder.resolve("odd");
    Ended made =
        sh(
            "mkdir odd && cd odd && mkdir $'d\\xc3\\xa9' && cp ../tool $'t\\xc3\\xb6\\xff'"
                + " && cp ../guest $'g\\xc3\\xbc' && cp ../guest.c $'s\\xc3\\xa4.c'");
    assertThat(made.status()).isZero();
    for (String locale : LOCALES) {
      String environment = "cd odd; exec env -i LC_ALL=" + locale + " PATH=\"$PATH\" \"$@\"";
      Ended ran =
          sh(
              environment
                  + " $'--env=V=\\xc3\\xbc' $'--mount=d\\xc3\\xa9:/x' $'./t\\xc3\\xb6\\xff'"
                  + " $'J\\xc3\\xbcrgen' $'\\xff' $'\\xf0\\x9f\\x98\\x80'",
              hyperlight("run"));
      assertThat(ran.errors()).as(locale).isEmpty();
      assertThat(ran.output())
          .as(locale)
          .isEqualTo(bytes("[J\u00fcrgen][") + "\u00ff" + bytes("][\ud83d\ude00] \u00fc\n"));
      Ended called =
          sh(environment + " $'g\\xc3\\xbc' same $'J\\xc3\\xbcrgen'", hyperlight("call"));
      assertThat(called.output()).as(locale).isEqualTo(bytes("J\u00fcrgen\n"));
      Ended missing = sh(environment + " $'n\\xc3\\xb6'", hyperlight("functions"));
      assertThat(missing.errors())
          .as(locale)
          .startsWith("hyperlight: cannot read guest ")
          .endsWith(bytes("n\u00f6: there is no such file\n"));
      Ended saved = sh(environment + " $'g\\xc3\\xbc' -o $'s\\xc3\\xbc'", hyperlight("snapshot"));
      assertThat(saved.status()).as(saved.errors()).isZero();
      Ended inspected = sh(environment + " $'s\\xc3\\xbc'", hyperlight("inspect"));
      assertThat(inspected.output()).as(locale).contains(bytes("g\u00fc, ABI version"));
    }
    assertThat(odd).isDirectory();
  }

  @Test
  void numbersAreTheSameInEveryLanguage() throws Exception {
    Path snapshot = folder.resolve("language.snap");
    List<String> save = List.of("snapshot", guest.toString(), "-o", snapshot.toString());
    assertThat(sh("\"$@\"", hyperlight(save.toArray(String[]::new))).status()).isZero();
    for (String language : List.of("de -Duser.country=DE", "ar -Duser.country=EG")) {
      String run = "JAVA_TOOL_OPTIONS='-Duser.language=" + language + "' exec \"$@\"";
      assertThat(sh(run, hyperlight("inspect", snapshot.toString())).output())
          .contains("16,777,216 bytes, 262,144 of them stack");
    }
  }

  @Test
  void cFilesAndOptionsAreTheSameInEveryLocale() throws Exception {
    String name = "cc '\\ $x\u00e4\ud83d\ude00";
    String mark = "-DMARK=\"\u00fc '\\\\'\"";
    String source =
        """
        #include <hyperlight.h>
        #include NAME
        HL_EXPORT(hl_string, mark)
        hl_string mark(void) { return HL_STR(MARK HEADER); }
        """;
    String script =
        "mkdir -p \"$0\" && cd \"$0\" && printf %s \"$1\" > \"$2.c\""
            + " && echo '#define HEADER \" h\"' > \"$2.h\"";
    for (String locale : LOCALES) {
      Path folder = CommandTest.folder.resolve("cc-" + locale);
      // The names are bytes in a file, because the locale of this JVM may lack these characters,
      // too.
      Ended made = shellFile(folder, script, List.of(folder.toString(), source, name));
      assertThat(made).isEqualTo(new Ended(0, "", ""));
      List<String> words = new ArrayList<>(List.of("env", "-i", "LC_ALL=" + locale));
      words.add("PATH=" + System.getenv("PATH"));
      words.addAll(hyperlight("cc", name + ".c", mark, "-DNAME=\"" + name + ".h\"", "-I."));
      String compile = "cd \"$0\" && exec \"$@\"";
      words.addFirst(folder.toString());
      assertThat(shellFile(folder, compile, words)).as(locale).isEqualTo(new Ended(0, "", ""));
      List<String> call = new ArrayList<>(List.of(folder.toString()));
      call.addAll(hyperlight("call", name, "mark"));
      Ended called = shellFile(folder, compile, call);
      assertThat(called).as(locale).isEqualTo(new Ended(0, bytes("\u00fc '\\' h\n"), ""));
    }
    Ended missing = sh("LC_ALL=POSIX exec \"$@\" $'n\\xc3\\xb6.c'", hyperlight("cc"));
    assertThat(missing.status()).isEqualTo(1);
    assertThat(missing.errors()).endsWith(bytes("n\u00f6.c\n"));
  }

  /** Runs a script with arguments in UTF-8. The first argument is {@code $0}. */
  private static Ended shellFile(Path place, String script, List<String> arguments)
      throws Exception {
    StringBuilder text = new StringBuilder("set --");
    arguments.stream()
        .skip(1)
        .forEach(word -> text.append(" '").append(word.replace("'", "'\\''")).append('\''));
    Path file = Path.of(place + ".sh");
    Files.writeString(file, text + "\n" + script.replace("$0", arguments.getFirst()) + "\n");
    return end(new ProcessBuilder("bash", file.toString()));
  }

  @Test
  void aWriteWhoseReaderGoesInTheMiddleTellsWhatWasWritten() throws Exception {
    String script = "{ \"$@\"; echo \" $?\" >&2; } | head -c 5000 > /dev/null";
    Ended natively = sh(script, tool.toString(), "flood");
    assertThat(natively.errors()).isEqualTo("1 -1 Broken pipe 3\n");
    assertThat(sh(script, hyperlight("run", tool.toString(), "flood"))).isEqualTo(natively);
  }

  private static Path script(String name, String text) throws IOException {
    Path script = Files.writeString(folder.resolve(name), text);
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    return script;
  }

  @Test
  void scriptsAreInterpretedAsNatively() throws Exception {
    List<Path> scripts = new ArrayList<>();
    scripts.add(script("plain", "#!" + tool + "\nx"));
    scripts.add(script("one-argument", "#! \t" + tool + "  -x y  z \t\nx"));
    scripts.add(script("without-end", "#!" + tool + " a"));
    scripts.add(script("nested", "#!" + folder.resolve("one-argument") + " more\n"));
    scripts.add(script("twice", "#!" + folder.resolve("nested") + "\n"));
    scripts.add(script("env", "#!/usr/bin/env tool\n"));
    scripts.add(script("split", "#!/usr/bin/env -S V=set tool -a  -b\n"));
    for (Path script : scripts) {
      String run = "PATH=\"$PWD:$PATH\"; \"$@\" '1 2' ''";
      Ended natively = sh(run, script.toString());
      assertThat(natively.status()).as("%s", script).isZero();
      assertThat(sh(run, hyperlight("run", script.toString())))
          .as("%s", script)
          .isEqualTo(natively);
    }
  }

  @Test
  void aScriptThatCannotBeInterpretedSaysWhy() throws Exception {
    script("l0", "#!" + folder.resolve("l1") + "\n");
    for (int i = 1; i < 8; i++) {
      script("l" + i, "#!" + folder.resolve("l" + (i + 1)) + "\n");
    }
    script("l8", "#!" + tool + "\n");
    assertEnds(ExitStatus.NOT_EXECUTABLE, "Linux follows 5", folder.resolve("l0"));
    assertEnds(
        ExitStatus.NOT_FOUND, "interpreter /no/such does not exist", script("a", "#!/no/such\n"));
    assertEnds(ExitStatus.NOT_FOUND, "carriage return", script("b", "#!" + tool + "\r\n"));
    assertEnds(ExitStatus.NOT_FOUND, "no-such-tool", script("c", "#!/usr/bin/env no-such-tool\n"));
    assertEnds(ExitStatus.NOT_EXECUTABLE, "names no interpreter", script("d", "#!  \n"));
    assertEnds(ExitStatus.NOT_EXECUTABLE, "without a #! line", script("e", "echo x\n"));
    assertEnds(ExitStatus.NOT_EXECUTABLE, "is not a program", script("f", "\0\1\2\3"));
  }

  private static void assertEnds(int status, String message, Path program) throws Exception {
    Ended ended = end(new ProcessBuilder(hyperlight("run", program.toString())));
    assertThat(ended.errors()).contains(message);
    assertThat(ended.status()).as(ended.errors()).isEqualTo(status);
  }

  @Test
  void aDynamicProgramRunsWithTheSystemsFiles() throws Exception {
    Tool.require(Tool.PYTHON);
    Ended ran =
        end(
            new ProcessBuilder(
                hyperlight("run", "--system", "/usr/bin/python3", "-c", "print(6 * 7)")));
    assertThat(ran).isEqualTo(new Ended(0, "42\n", ""));
  }

  private static Ended make(Path target, List<String> options, String... files) throws Exception {
    List<String> words = new ArrayList<>(List.of("run", "--scratch", "/out", "--out"));
    words.add(target.toString());
    words.addAll(options);
    words.add(tool.toString());
    words.addAll(List.of(files));
    return end(new ProcessBuilder(hyperlight(words.toArray(String[]::new))));
  }

  @Test
  void outWritesTheFilesThatTheProgramMade() throws Exception {
    Path target = folder.resolve("out-new");
    assertThat(
            make(target, List.of(), "file=/out/a/b/c", "file=/out/x y\n..", "file=/out/...")
                .status())
        .isZero();
    try (Stream<Path> files = Files.walk(target)) {
      assertThat(files.filter(Files::isRegularFile).map(file -> target.relativize(file).toString()))
          .containsExactlyInAnyOrder("out/a/b/c", "out/x y\n..", "out/...");
    }
    assertThat(target.resolve("out/a/b/c")).hasContent("made");
  }

  @Test
  void outTouchesNoFileThatIsThereUnlessAsked() throws Exception {
    Path target = folder.resolve("out-old");
    Files.createDirectories(target.resolve("out"));
    Files.writeString(target.resolve("out/old"), "old");
    Ended refused = make(target, List.of(), "file=/out/new", "file=/out/old");
    assertThat(refused.status()).isEqualTo(ExitStatus.RUN_FAILED);
    assertThat(refused.errors()).contains("1 of the files exist: " + target.resolve("out/old"));
    assertThat(target.resolve("out/new")).doesNotExist();
    assertThat(target.resolve("out/old")).hasContent("old");
    assertThat(make(target, List.of("--overwrite"), "file=/out/new", "file=/out/old").status())
        .isZero();
    assertThat(target.resolve("out/old")).hasContent("made");
  }

  @Test
  void outFollowsNoLinkAndReplacesNoDirectory() throws Exception {
    Path outside = Files.createDirectories(folder.resolve("outside"));
    Path victim = Files.writeString(outside.resolve("victim"), "safe");
    Path target = folder.resolve("out-links");
    Files.createDirectories(target.resolve("out"));
    Files.createSymbolicLink(target.resolve("out/folder"), outside);
    Files.createSymbolicLink(target.resolve("out/file"), victim);
    Files.createSymbolicLink(target.resolve("out/nowhere"), outside.resolve("made"));
    Files.createDirectory(target.resolve("out/directory"));
    for (List<String> options : List.of(List.<String>of(), List.of("--overwrite"))) {
      for (String file :
          List.of("file=/out/folder/victim", "file=/out/folder/other", "file=/out/directory")) {
        assertThat(make(target, options, file).status()).isEqualTo(ExitStatus.RUN_FAILED);
      }
    }
    for (String file : List.of("file=/out/file", "file=/out/nowhere")) {
      assertThat(make(target, List.of(), file).status()).isEqualTo(ExitStatus.RUN_FAILED);
      assertThat(make(target, List.of("--overwrite"), file).status()).isZero();
    }
    assertThat(victim).hasContent("safe");
    assertThat(outside.resolve("made")).doesNotExist();
    assertThat(outside.resolve("other")).doesNotExist();
    assertThat(target.resolve("out/file")).isRegularFile().hasContent("made");
  }

  @Test
  void outIsBounded() throws Exception {
    Path target = folder.resolve("out-large");
    Ended refused = make(target, List.of("--out-limit", "2"), "large=/out/large");
    assertThat(refused.status()).isEqualTo(ExitStatus.RUN_FAILED);
    assertThat(refused.errors()).contains("--out-limit");
    assertThat(target).doesNotExist();
    assertThat(make(target, List.of("--out-limit", "3"), "large=/out/large").status()).isZero();
    assertThat(target.resolve("out/large")).hasSize(3 << 20);
  }

  @Test
  void aFileThatCannotBeWrittenToItsEndIsNotLeftBehind() throws Exception {
    Path target = folder.resolve("out-full");
    Path old = target.resolve("out/large");
    List<String> words =
        List.of("run", "--scratch", "/out", "--out", target.toString(), "--overwrite");
    List<String> command = hyperlight(words.toArray(String[]::new));
    // A limit on the size of files takes the place of a full disk.
    String script = "ulimit -f 2048; exec \"$@\" " + tool + " large=/out/large";
    for (boolean isThere : new boolean[] {false, true}) {
      if (isThere) {
        Files.writeString(old, "old");
      }
      Ended failed = sh(script, command);
      assertThat(failed.status()).as(failed.errors()).isEqualTo(ExitStatus.RUN_FAILED);
      assertThat(failed.errors()).contains("cannot write: File too large");
      try (Stream<Path> left = Files.list(target.resolve("out"))) {
        assertThat(left.toList()).isEqualTo(isThere ? List.of(old) : List.of());
      }
    }
    assertThat(old).hasContent("old");
    Files.delete(old);
    List<String> without = new ArrayList<>(command);
    without.remove("--overwrite");
    assertThat(sh(script, without).status()).isEqualTo(ExitStatus.RUN_FAILED);
    assertThat(target.resolve("out")).isEmptyDirectory();
  }

  @Test
  void outIsBoundedWhateverSizesAddUpTo() throws Exception {
    Path target = folder.resolve("out-holes");
    String most = String.valueOf(Long.MAX_VALUE >> 20);
    for (List<String> options : List.of(List.<String>of(), List.of("--out-limit", most))) {
      Ended refused = make(target, options, "file=/out/a", "hole=/out/b", "hole=/out/c");
      assertThat(refused.status()).isEqualTo(ExitStatus.RUN_FAILED);
      assertThat(refused.errors()).contains("--out-limit").doesNotContain("Exception");
      assertThat(target).doesNotExist();
    }
  }
}
