package io.hyperlight.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;

/** A program or library of the distribution's that tests run. */
public enum Tool {
  BUSYBOX("busybox-static"),
  CARGO("cargo (Debian 12: rustc-web cargo-web), 1.85 or newer"),
  GO("golang-go"),
  LUA("lua5.4"),
  LUA_LIBRARY("liblua5.4-dev"),
  MUSL("musl-tools"),
  NODE("nodejs"),
  PYTHON("python3"),
  PYTHON_TESTS("libpython3-testsuite (Debian 12: libpython3.11-testsuite)"),
  /** Libraries from the Python Package Index. */
  PYTHON_WHEELS("python3-pip, then tools/python-wheels"),
  SQLITE_LIBRARY("libsqlite3-dev"),
  ZLIB_LIBRARY("zlib1g-dev");

  /** The folder of {@link #PYTHON_WHEELS}. */
  public static final Path WHEELS =
      Path.of("..", "target", "python-wheels").toAbsolutePath().normalize();

  private final String debianPackage;

  Tool(String debianPackage) {
    this.debianPackage = debianPackage;
  }

  boolean isPresent() {
    return switch (this) {
      case BUSYBOX -> isFile("/bin/busybox");
      case CARGO -> runs("cargo", "--version");
      case GO -> runs("go", "version");
      case LUA -> isFile("/usr/bin/lua5.4");
      case LUA_LIBRARY -> isLibrary("lua5.4");
      case MUSL -> isFile("/usr/bin/musl-gcc");
      case NODE -> isFile("/usr/bin/node");
      case PYTHON -> isFile("/usr/bin/python3");
      case PYTHON_TESTS -> hasPythonTests();
      case PYTHON_WHEELS -> hasWheels();
      case SQLITE_LIBRARY -> isLibrary("sqlite3");
      case ZLIB_LIBRARY -> isLibrary("z");
    };
  }

  /** Returns what to do if the tool is missing. */
  String cure() {
    return "needs %s: apt-get install %s"
        .formatted(name().toLowerCase(Locale.ROOT).replace('_', ' '), debianPackage);
  }

  private static boolean isFile(String path) {
    return Files.exists(Path.of(path));
  }

  private static boolean isLibrary(String name) {
    return isFile("/usr/lib/x86_64-linux-gnu/lib" + name + ".a");
  }

  private static boolean runs(String... command) {
    try {
      return Command.run(command).status() == 0;
    } catch (UncheckedIOException e) {
      return false;
    }
  }

  /** They are complete if they have the list that they were made from. */
  private static boolean hasWheels() {
    Path list = WHEELS.resolve("python-wheels.txt");
    try {
      return Files.exists(list)
          && Files.mismatch(list, Path.of("..", "tools", "python-wheels.txt")) < 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** In the folder of whichever version of Python the system has. */
  private static boolean hasPythonTests() {
    try (Stream<Path> folders = Files.list(Path.of("/usr/lib"))) {
      return folders
          .filter(folder -> folder.getFileName().toString().startsWith("python3"))
          .anyMatch(folder -> Files.exists(folder.resolve("test/test_heapq.py")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
