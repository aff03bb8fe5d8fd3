package io.hyperlight.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** Runs the C compiler for programs that are not guests. */
final class Gcc {
  private static final List<String> OPTIONS = List.of("-std=gnu17", "-O2", "-Wall", "-Wextra");

  private Gcc() {}

  /**
   * Compiles and links a program.
   *
   * @param what the name of the program, for error messages
   * @param arguments options, sources and the output
   * @throws BenchmarkException if there is no gcc
   */
  static void compile(String what, List<String> arguments) {
    List<String> command = new ArrayList<>(List.of("gcc"));
    command.addAll(OPTIONS);
    command.addAll(arguments);
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      throw new BenchmarkException(what + " needs gcc: apt-get install gcc libc6-dev");
    }
    try {
      String said = new String(process.getInputStream().readAllBytes(), UTF_8);
      if (process.waitFor() != 0) {
        throw new IllegalStateException(what + " does not compile:\n" + said);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while compiling", e);
    }
  }
}
