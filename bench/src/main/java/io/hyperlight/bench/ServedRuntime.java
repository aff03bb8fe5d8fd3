package io.hyperlight.bench;

import io.hyperlight.FileTree;
import io.hyperlight.Program;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/** Runtimes that serve the same requests, each with its program. */
enum ServedRuntime {
  JVM {
    @Override
    Path executable() {
      return Path.of(System.getProperty("java.home"), "bin", "java");
    }

    @Override
    List<String> arguments() {
      unpack("ServedJava.class", "io/hyperlight/bench/ServedJava.class");
      return List.of(
          "-Xmx64m", "-XX:-UsePerfData", "-cp", folder().toString(), ServedJava.class.getName());
    }
  },

  NODE {
    @Override
    Path executable() {
      return Path.of("/usr/bin/node");
    }

    @Override
    List<String> arguments() {
      return List.of(unpack("rival/served.js", "served.js").toString());
    }
  };

  private static final long MEMORY = 512 << 20;

  abstract Path executable();

  /** Returns the arguments of the runtime, and unpacks its program. */
  abstract List<String> arguments();

  boolean isInstalled() {
    return Files.isExecutable(executable());
  }

  /** Returns the program for a sandbox. */
  Program program() {
    Program program =
        Program.of(executable())
            .args(arguments().toArray(new String[0]))
            .memorySize(MEMORY)
            .allowCodeGeneration();
    Path home = Path.of(System.getProperty("java.home"));
    for (Path tree : List.of(Path.of("/usr"), Path.of("/lib"), Path.of("/lib64"), home, folder())) {
      if (Files.isDirectory(tree) && (tree.equals(Path.of("/usr")) || !tree.startsWith("/usr"))) {
        program.mount(tree.toString(), FileTree.directory(tree));
      }
    }
    return program;
  }

  /** Returns the command of a child process. */
  List<String> command() {
    List<String> command = new ArrayList<>();
    command.add(executable().toString());
    command.addAll(arguments());
    return command;
  }

  private static Path folder() {
    return TemporaryFolder.INSTANCE.resolve("served");
  }

  private static Path unpack(String resource, String name) {
    Path file = folder().resolve(name);
    try (InputStream contents = ServedRuntime.class.getResourceAsStream(resource)) {
      if (contents == null) {
        throw new IllegalStateException(resource + " is missing from the jar");
      }
      Files.createDirectories(file.resolveSibling(""));
      Files.copy(contents, file, StandardCopyOption.REPLACE_EXISTING);
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
