package io.hyperlight.testing;

import io.hyperlight.Guest;
import io.hyperlight.sdk.GuestCompiler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/** Guests compiled from C source text, each text once in the JVM's life. */
public final class CompiledGuest {
  private static final Path DIRECTORY = createDirectory();
  private static final ConcurrentHashMap<String, Path> FILES = new ConcurrentHashMap<>();
  private static final ConcurrentHashMap<String, Guest> GUESTS = new ConcurrentHashMap<>();

  private CompiledGuest() {}

  /** The guest that is this program. */
  public static Guest of(String source) {
    return GUESTS.computeIfAbsent(source, text -> Guest.load(fileOf(text)));
  }

  /** The file with this program, compiled; deleted when the JVM ends. */
  public static Path fileOf(String source) {
    return FILES.computeIfAbsent(source, CompiledGuest::compile);
  }

  private static Path compile(String source) {
    try {
      Path file = Files.createTempFile(DIRECTORY, "guest", ".c");
      file.toFile().deleteOnExit();
      Files.writeString(file, source);
      Path output = Path.of(file.toString().replaceFirst("c$", "elf"));
      output.toFile().deleteOnExit();
      new GuestCompiler().compile(List.of(file), output, List.of());
      return output;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path createDirectory() {
    try {
      Path directory = Files.createTempDirectory("hyperlight-test-guests");
      directory.toFile().deleteOnExit();
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
