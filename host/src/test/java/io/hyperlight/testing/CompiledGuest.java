package io.hyperlight.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.hyperlight.Guest;
import io.hyperlight.sdk.GuestCompiler;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Guests that tests contain as C source text. Each is compiled once and kept in the build folder,
 * under a name that is a hash of everything it depends on. A compiler takes many seconds in the
 * hardware lane, which uses the files of the native run.
 */
public final class CompiledGuest {
  private static final Path FOLDER = Path.of("target", "test-guests");

  /** Whether missing files can be compiled. */
  private static final boolean COMPILE =
      Boolean.parseBoolean(System.getProperty("hyperlight.test.compile", "true"));

  /** What a guest consists of besides its source and options, as resources of the SDK. */
  private static final List<String> SDK =
      List.of(
          "GuestCompiler.class",
          "GuestCompiler$Kind.class",
          "c/hyperlight.c",
          "c/hyperlight.h",
          "c/libc.c",
          "c/memory.c",
          "c/note.S",
          "c/start.S");

  /** Among the options, no option of gcc. */
  private static final String LIBC = "--libc";

  /** Comes before a compiler and its options, for a whole program that needs nothing of the SDK. */
  private static final String PROGRAM = "--program";

  private static final ConcurrentHashMap<String, Guest> GUESTS = new ConcurrentHashMap<>();
  private static final ConcurrentHashMap<List<String>, Path> FILES = new ConcurrentHashMap<>();

  private CompiledGuest() {}

  /** The guest that this program compiles to. */
  public static Guest of(String cSource) {
    return GUESTS.computeIfAbsent(cSource, source -> Guest.load(fileOf(source)));
  }

  /** The guest that this program compiles to with a libc, with more options for gcc. */
  public static Guest withLibc(String cSource, String... options) {
    return GUESTS.computeIfAbsent(
        String.join("\0", options) + "\0" + LIBC + "\0" + cSource,
        _ -> Guest.load(fileWithLibc(cSource, options)));
  }

  /** Returns the file that this program compiles to with a libc. It must not be changed. */
  public static Path fileWithLibc(String cSource, String... options) {
    return compile(cSource, Stream.concat(Stream.of(LIBC), Stream.of(options)).toList());
  }

  /** Returns the static Linux program that this compiles to. It must not be changed. */
  public static Path program(String cSource) {
    return program(cSource, "gcc", "-static");
  }

  /**
   * Returns the Linux program that this compiles to with another compiler or more options. It must
   * not be changed.
   */
  public static Path program(String cSource, String compiler, String... options) {
    return compile(
        cSource, Stream.concat(Stream.of(PROGRAM, compiler), Stream.of(options)).toList());
  }

  /** Returns the file that this program compiles to. It must not be changed. */
  public static Path fileOf(String cSource) {
    return compile(cSource, List.of());
  }

  /**
   * Returns the file that this program compiles to with more options for gcc. It must not be
   * changed.
   */
  public static Path compile(String cSource, List<String> options) {
    return FILES.computeIfAbsent(
        List.of(cSource, String.join("\0", options)), _ -> keptOrCompiled(cSource, options));
  }

  private static Path keptOrCompiled(String source, List<String> options) {
    try {
      Path guest = FOLDER.resolve(hash(source, options));
      if (!Files.exists(guest)) {
        if (!COMPILE) {
          throw new IllegalStateException(
              "a guest is not compiled yet: run this test outside the hardware lane (mvn verify)");
        }
        Files.createDirectories(FOLDER);
        compileTo(guest, source, options);
      }
      return guest;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Other JVMs may compile the same program now, so a file gets its name when it is complete. */
  private static void compileTo(Path guest, String text, List<String> options) throws IOException {
    Path folder = Files.createTempDirectory(FOLDER, "compiling");
    Path source = folder.resolve("guest.c");
    Path output = folder.resolve("guest");
    try {
      Files.writeString(source, text);
      if (options.contains(PROGRAM)) {
        List<String> command = new ArrayList<>(options.subList(1, options.size()));
        command.addAll(List.of("-std=gnu17", "-O1", "-o", output.toString(), source.toString()));
        Command.run(command).outputOfSuccess();
        Files.move(output, guest, StandardCopyOption.ATOMIC_MOVE);
        return;
      }
      boolean libc = options.contains(LIBC);
      GuestCompiler compiler = libc ? new GuestCompiler().withLibc() : new GuestCompiler();
      List<String> rest = options.stream().filter(option -> !option.equals(LIBC)).toList();
      String said = compiler.compile(List.of(source), output, rest);
      if (libc && !said.isEmpty()) {
        throw new IllegalStateException(said);
      }
      Files.move(output, guest, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(output);
      Files.delete(source);
      Files.deleteIfExists(folder.resolve("guest"));
      Files.delete(folder);
    }
  }

  private static String hash(String source, List<String> options) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String name : SDK) {
        try (InputStream resource = GuestCompiler.class.getResourceAsStream(name)) {
          digest.update(Objects.requireNonNull(resource, name).readAllBytes());
        }
      }
      digest.update(String.join("\0", options).getBytes(UTF_8));
      digest.update((byte) 0);
      digest.update(source.getBytes(UTF_8));
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
