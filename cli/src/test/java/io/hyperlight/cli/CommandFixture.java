package io.hyperlight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/**
 * Runs commands as a user types them, and keeps their output. The first command compiles the guest
 * for the others.
 */
abstract class CommandFixture {
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

  @TempDir static Path folder;

  /** The path of the compiled guest. */
  static String guest = "";

  final ByteArrayOutputStream out = new ByteArrayOutputStream();
  final ByteArrayOutputStream err = new ByteArrayOutputStream();
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

  int run(String... words) {
    CommandLine command = Main.commandLine();
    command.setErr(new PrintWriter(err, true, StandardCharsets.UTF_8));
    command.setOut(new PrintWriter(out, true, StandardCharsets.UTF_8));
    return command.execute(words);
  }

  String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  void assertPrints(String expected, String... words) {
    assertThat(run(words)).as(err()).isZero();
    assertThat(out()).isEqualTo(expected);
  }

  void assertFails(int status, String message, String... words) {
    assertThat(run(words)).isEqualTo(status);
    assertThat(err()).contains(message).doesNotContain("\tat ");
  }

  /** Makes a snapshot of the guest. */
  String snapshot() {
    String file = folder.resolve("for-files.snap").toString();
    assertThat(run("snapshot", guest, "-o", file)).isZero();
    return file;
  }

  static String[] words(String command, String[] options, String... rest) {
    return Stream.of(Stream.of(command), Stream.of(options), Stream.of(rest))
        .flatMap(words -> words)
        .toArray(String[]::new);
  }
}
