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
 * The functions in all the forms that they are run in, the native ones compiled from the same C.
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
   * @param name of the file: the dynamic linker has one instance of each
   */
  static Path library(String name) {
    Path library = TemporaryFolder.INSTANCE.resolve(name);
    Gcc.compile(
        "the shared library",
        List.of("-shared", "-fPIC", functions().toString(), "-o", library.toString()));
    return library;
  }

  /** Makes the program of processes. Linked statically, because that starts faster. */
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

  /** {@return the module that was compiled from the C by clang} */
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
