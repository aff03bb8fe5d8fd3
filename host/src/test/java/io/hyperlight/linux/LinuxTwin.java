package io.hyperlight.linux;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.FileTree;
import io.hyperlight.Program;
import io.hyperlight.ProgramResult;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.testing.TemporaryFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * A C program, a file beside these tests, that is run natively and in a sandbox. What it prints is
 * the same, line by line.
 */
final class LinuxTwin {
  private static final long FOLDER_BYTES = 1 << 20;

  private final Path program;

  private LinuxTwin(Path program) {
    this.program = program;
  }

  /** The program of a file; its beginning is the same for all. */
  static LinuxTwin of(String name) {
    String text = SourceFile.of(LinuxTwin.class, "twin.h.c") + SourceFile.of(LinuxTwin.class, name);
    return new LinuxTwin(CompiledGuest.program(text).toAbsolutePath());
  }

  /** How it is run in a sandbox. */
  public Program program(String... arguments) {
    return Program.of(program).args(arguments);
  }

  /** The lines that it prints natively. */
  public List<String> natively(String... arguments) {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(arguments));
    Command.RawResult result = Command.runAlone(command, new byte[0]);
    assertThat(result.status()).as(new String(result.errors(), UTF_8)).isZero();
    return new String(result.output(), UTF_8).lines().toList();
  }

  /**
   * Both ways, with an empty folder as its argument: natively a real one, in the sandbox one in
   * memory.
   *
   * @param fewestLines that it prints, so that it does not compare nothing
   */
  public void assertSame(int fewestLines) {
    assertSame(fewestLines, UnaryOperator.identity());
  }

  /** Likewise where something else is mounted over the place that has the program's file. */
  public void assertSameWithoutItsFile(int fewestLines) {
    String place = Objects.requireNonNull(program.getParent()).toString();
    assertSame(fewestLines, sandboxed -> sandboxed.mount(place, FileTree.memory(FOLDER_BYTES)));
  }

  private void assertSame(int fewestLines, UnaryOperator<Program> mounts) {
    String folder = folderOfAll().toString();
    List<String> expected = natively(folder);
    ProgramResult result =
        mounts.apply(program(folder)).mount(folder, FileTree.memory(FOLDER_BYTES)).run();
    String failure = result.failure().map(Throwable::getMessage).orElse("");
    assertThat(new String(result.output(), UTF_8).lines().toList())
        .as(failure)
        .containsExactlyElementsOf(expected);
    assertThat(result.status()).as(failure).isZero();
    assertThat(expected).hasSizeGreaterThanOrEqualTo(fewestLines);
  }

  /** The program may run as nobody. */
  private static Path folderOfAll() {
    Path folder = TemporaryFolder.create("twin");
    try {
      return Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
