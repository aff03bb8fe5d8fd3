package io.hyperlight.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.FileTree;
import io.hyperlight.Program;
import io.hyperlight.ProgramResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Runs a program natively and in a sandbox, with the same arguments and input, and with the same
 * files at the same paths. Compares output, errors, exit status and the files that the program
 * wrote.
 */
public final class Differential {
  /** Where dynamic programs of Debian have their libraries. */
  private static final List<String> SYSTEM = List.of("/usr", "/lib", "/lib64");

  private final Path program;
  private final List<Path> readable = new ArrayList<>();
  private UnaryOperator<Program> settings = UnaryOperator.identity();

  /** Uses a program of the system, which has to be installed. */
  public Differential(String program, String debianPackage) {
    this.program = Path.of(program);
    if (!Files.exists(this.program)) {
      throw new IllegalStateException(
          "%s is missing: apt-get install %s".formatted(program, debianPackage));
    }
  }

  /** Shows it the folders that have the system's libraries. */
  public Differential withLibraries() {
    SYSTEM.forEach(folder -> with(Path.of(folder)));
    return this;
  }

  /** Shows it a folder, at the same path. */
  public Differential with(Path folder) {
    readable.add(folder);
    return this;
  }

  /** Sets more for the sandbox, such as its memory. */
  public Differential in(UnaryOperator<Program> newSettings) {
    settings = newSettings;
    return this;
  }

  /** How it is run in a sandbox. */
  public Program program(String... arguments) {
    Program description = Program.of(program).args(arguments);
    readable.forEach(folder -> description.mount(folder.toString(), FileTree.directory(folder)));
    return settings.apply(description);
  }

  private Command.RawResult natively(byte[] input, String... arguments) {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(arguments));
    return Command.runAlone(command, input);
  }

  /** Runs both with the same input. */
  public void assertSame(byte[] input, String... arguments) {
    assertSame(natively(input, arguments), program(arguments).stdin(input).run());
  }

  /**
   * Runs both with a folder that the program may write to: natively a real one, and in the sandbox
   * one in memory with the same contents.
   */
  public void assertSameInFolder(Path folder, byte[] input, String... arguments) {
    FileTree tree = FileTree.memory(64 << 20);
    for (Map.Entry<String, byte[]> file : files(folder).entrySet()) {
      tree = tree.with(file.getKey(), file.getValue());
    }
    ProgramResult result = program(arguments).mount(folder.toString(), tree).stdin(input).run();
    assertSame(natively(input, arguments), result);
    Map<String, String> expected = new TreeMap<>();
    files(folder).forEach((path, bytes) -> expected.put(path, digest(bytes)));
    Map<String, String> found = new TreeMap<>();
    String prefix = folder + "/";
    for (String path : result.files().paths().toList()) {
      found.put(path.substring(prefix.length()), digest(result.files().read(path)));
    }
    assertThat(found).isEqualTo(expected);
  }

  private static void assertSame(Command.RawResult expected, ProgramResult found) {
    String failure = found.failure().map(Throwable::getMessage).orElse("");
    assertThat(text(found.error())).as(failure).isEqualTo(text(expected.errors()));
    assertThat(text(found.output())).as(failure).isEqualTo(text(expected.output()));
    assertThat(found.status()).as(failure).isEqualTo(expected.status());
  }

  private static String text(byte[] bytes) {
    return new String(bytes, ISO_8859_1);
  }

  private static String digest(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The regular files below a folder, by their paths in it. */
  private static Map<String, byte[]> files(Path folder) {
    Map<String, byte[]> files = new TreeMap<>();
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path :
          paths.filter(path -> Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)).toList()) {
        files.put(folder.relativize(path).toString(), Files.readAllBytes(path));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return files;
  }
}
