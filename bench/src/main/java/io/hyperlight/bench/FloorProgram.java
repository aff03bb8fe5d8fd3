package io.hyperlight.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Compiles the C program of the floor, once for each process. */
final class FloorProgram {
  static final List<String> SOURCES =
      List.of(
          "main.c",
          "vm.c",
          "code.c",
          "calls.c",
          "lives.c",
          "memory.c",
          "tasks.c",
          "threads.c",
          "worlds.c");

  private static @Nullable Path compiled;

  private FloorProgram() {}

  /** Returns the program, and compiles it at the first call. */
  static synchronized Path file() {
    if (compiled == null) {
      compiled = compile(List.of());
    }
    return compiled;
  }

  /** Compiles the program again, with more options. */
  static Path compile(List<String> options) {
    TemporaryFolder folder = TemporaryFolder.INSTANCE;
    folder.unpack("floor", "floor.h");
    Path program = folder.resolve("floor.out");
    List<String> arguments = new ArrayList<>(List.of("-pthread"));
    arguments.addAll(options);
    for (String source : SOURCES) {
      arguments.add(folder.unpack("floor", source).toString());
    }
    arguments.addAll(List.of("-o", program.toString()));
    Gcc.compile("the C floor", arguments);
    return program;
  }
}
