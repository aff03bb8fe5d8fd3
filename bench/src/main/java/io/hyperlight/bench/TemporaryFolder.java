package io.hyperlight.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A folder for C sources and compiled programs. It is deleted when the process ends. */
final class TemporaryFolder {
  static final TemporaryFolder INSTANCE = new TemporaryFolder();

  private final Path path;

  private TemporaryFolder() {
    try {
      path = Files.createTempDirectory("hyperlight-bench");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Runtime.getRuntime().addShutdownHook(new Thread(this::delete));
  }

  Path resolve(String name) {
    return path.resolve(name);
  }

  /** Copies a file from the folder {@code c} of the jar to this folder. */
  Path unpack(String folder, String name) {
    Path file = path.resolve("c").resolve(folder).resolve(name);
    try (InputStream resource = Benchmarks.class.getResourceAsStream("c/" + folder + "/" + name)) {
      if (resource == null) {
        throw new IllegalStateException(name + " is missing from the jar");
      }
      Files.createDirectories(file.resolveSibling(""));
      Files.copy(resource, file, StandardCopyOption.REPLACE_EXISTING);
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void delete() {
    try (Stream<Path> paths = Files.walk(path)) {
      List<Path> deepestFirst = paths.sorted(Comparator.reverseOrder()).toList();
      for (Path file : deepestFirst) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
