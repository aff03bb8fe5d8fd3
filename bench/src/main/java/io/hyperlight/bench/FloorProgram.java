package io.hyperlight.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The C floor's program, compiled once for each process. */
final class FloorProgram {
  static final List<String> SOURCES =
      List.of("main.c", "vm.c", "code.c", "calls.c", "lives.c", "memory.c", "threads.c");

  private static final List<String> OPTIONS =
      List.of("-std=gnu17", "-O2", "-Wall", "-Wextra", "-pthread");

  private static @Nullable Path compiled;

  private FloorProgram() {}

  /** Compiles it if that was not done yet. */
  static synchronized Path file() {
    if (compiled == null) {
      compiled = compile(List.of());
    }
    return compiled;
  }

  /** Compiles it anew, with more options. */
  static Path compile(List<String> options) {
    TemporaryFolder folder = TemporaryFolder.INSTANCE;
    folder.unpack("floor", "floor.h");
    Path program = folder.resolve("floor.out");
    List<String> command = new ArrayList<>(List.of("gcc"));
    command.addAll(OPTIONS);
    command.addAll(options);
    for (String source : SOURCES) {
      command.add(folder.unpack("floor", source).toString());
    }
    command.addAll(List.of("-o", program.toString()));
    compileBy(command);
    return program;
  }

  /** Runs the compiler. */
  static void compileBy(List<String> command) {
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      throw new BenchmarkException("the benchmark needs gcc: apt-get install gcc libc6-dev");
    }
    try {
      String said = new String(process.getInputStream().readAllBytes(), UTF_8);
      if (process.waitFor() != 0) {
        throw new IllegalStateException("C code of the benchmark does not compile:\n" + said);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while compiling", e);
    }
  }
}
