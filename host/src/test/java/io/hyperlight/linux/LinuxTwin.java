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
 * Runs a C program natively and in a sandbox. The program is a file beside these tests. Its output
 * must be the same, line by line.
 */
final class LinuxTwin {
  private static final long FOLDER_BYTES = 1 << 20;

  private final Path program;

  private LinuxTwin(Path program) {
    this.program = program;
  }

  /** Returns the program of a file. The beginning of its source is the same for all. */
  static LinuxTwin of(String name) {
    String text = SourceFile.of(LinuxTwin.class, "twin.h.c") + SourceFile.of(LinuxTwin.class, name);
    return new LinuxTwin(CompiledGuest.program(text).toAbsolutePath());
  }

  /** Returns the program to run in a sandbox. */
  public Program program(String... arguments) {
    return Program.of(program).args(arguments);
  }

  /** Returns the lines that the program prints natively. */
  public List<String> natively(String... arguments) {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(arguments));
    Command.RawResult result = Command.runAlone(command, new byte[0]);
    assertThat(result.status()).as(new String(result.errors(), UTF_8)).isZero();
    return new String(result.output(), UTF_8).lines().toList();
  }

  /**
   * Runs the program both ways with an empty folder as its argument. Natively it is a real one, in
   * the sandbox one in memory.
   *
   * @param fewestLines the minimum number of lines, so that the comparison is not empty
   */
  public void assertSame(int fewestLines) {
    assertSame(fewestLines, UnaryOperator.identity());
  }

  /**
   * Does the same with several native runs, which differ. One of them has to be the same.
   *
   * @param runs the maximum number of native runs
   */
  public void assertSameAsOneOf(int runs, int fewestLines) {
    for (int more = runs - 1; ; more--) {
      try {
        assertSame(fewestLines);
        return;
      } catch (AssertionError e) {
        if (more == 0) {
          throw e;
        }
      }
    }
  }

  /** Does the same with another mount over the program's file. */
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

  /** Creates a folder for all users: the program may run as the user nobody. */
  private static Path folderOfAll() {
    Path folder = TemporaryFolder.create("twin");
    try {
      return Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
