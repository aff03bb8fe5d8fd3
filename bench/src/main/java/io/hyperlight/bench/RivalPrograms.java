package io.hyperlight.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.hyperlight.sdk.GuestCompiler;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Makes the functions in all forms that the rivals run. The native forms are compiled from the same
 * C sources.
 */
final class RivalPrograms {
  private RivalPrograms() {}

  /** {@return a file of the guest} */
  static byte[] guest() {
    Path guest = TemporaryFolder.INSTANCE.resolve("rival-guest");
    String said =
        new GuestCompiler().compile(List.of(source("guest.c"), functions()), guest, List.of());
    if (!said.isEmpty()) {
      throw new IllegalStateException(said);
    }
    try {
      return Files.readAllBytes(guest);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Makes a shared library.
   *
   * @param name the name of the file. The dynamic linker has one instance for each file
   */
  static Path library(String name) {
    Path library = TemporaryFolder.INSTANCE.resolve(name);
    Gcc.compile(
        "the shared library",
        List.of("-shared", "-fPIC", functions().toString(), "-o", library.toString()));
    return library;
  }

  /** Makes the program of the processes. It is linked statically, because it then starts faster. */
  static Path process() {
    Path program = TemporaryFolder.INSTANCE.resolve("rival-process");
    Gcc.compile(
        "the program of the processes",
        List.of(
            "-static",
            source("process.c").toString(),
            functions().toString(),
            "-o",
            program.toString()));
    return program;
  }

  /** {@return the wasm module, which clang compiled from the C sources} */
  static byte[] wasm() {
    return resource("functions.wasm");
  }

  static String javaScript() {
    return new String(resource("functions.js"), UTF_8);
  }

  private static Path functions() {
    return source("functions.c");
  }

  private static Path source(String name) {
    return TemporaryFolder.INSTANCE.unpack("rival", name);
  }

  private static byte[] resource(String name) {
    try (InputStream resource = RivalPrograms.class.getResourceAsStream("rival/" + name)) {
      if (resource == null) {
        throw new IllegalStateException(name + " is missing from the jar");
      }
      return resource.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
