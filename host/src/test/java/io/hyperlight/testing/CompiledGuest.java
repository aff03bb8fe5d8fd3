package io.hyperlight.testing;

import io.hyperlight.Guest;
import io.hyperlight.sdk.GuestCompiler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/** Guests from C source text, compiled once for the JVM's life. */
public final class CompiledGuest {
  private static final Path FOLDER = TemporaryFolder.create("guests");
  private static final ConcurrentHashMap<String, Path> FILES = new ConcurrentHashMap<>();
  private static final ConcurrentHashMap<String, Guest> GUESTS = new ConcurrentHashMap<>();

  private CompiledGuest() {}

  /** The guest that is compiled from this text. */
  public static Guest of(String cSource) {
    return GUESTS.computeIfAbsent(cSource, source -> Guest.load(fileOf(source)));
  }

  /** The file of the guest that is compiled from this text; not to be changed. */
  public static Path fileOf(String cSource) {
    return FILES.computeIfAbsent(cSource, source -> compile(source, List.of()));
  }

  /** Compiles a guest with more options for gcc, into a file of its own. */
  public static Path compile(String cSource, List<String> options) {
    try {
      Path source = Files.createTempFile(FOLDER, "guest", ".c");
      Files.writeString(source, cSource);
      Path output = source.resolveSibling(source.getFileName() + ".elf");
      new GuestCompiler().compile(List.of(source), output, options);
      return output;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
