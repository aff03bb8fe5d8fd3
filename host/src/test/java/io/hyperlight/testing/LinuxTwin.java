package io.hyperlight.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Program;
import io.hyperlight.ProgramResult;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A C program, a resource beside the tests of {@code io.hyperlight.linux}, that is run natively and
 * in a sandbox. What it prints is the same, line by line.
 */
public final class LinuxTwin {
  private static final String FOLDER = "/io/hyperlight/linux/";

  private final Path program;

  private LinuxTwin(Path program) {
    this.program = program;
  }

  /** The program of a file; its beginning is the same for all. */
  public static LinuxTwin of(String name) {
    return new LinuxTwin(CompiledGuest.program(text("twin.h.c") + text(name)).toAbsolutePath());
  }

  private static String text(String name) {
    try (InputStream file = LinuxTwin.class.getResourceAsStream(FOLDER + name)) {
      return new String(Objects.requireNonNull(file, name).readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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

  /** Both ways, with the same arguments. */
  public void assertSame(int fewestLines, String... arguments) {
    List<String> expected = natively(arguments);
    ProgramResult result = program(arguments).run();
    String failure = result.failure().map(Throwable::getMessage).orElse("");
    assertThat(new String(result.output(), UTF_8).lines().toList())
        .as(failure)
        .containsExactlyElementsOf(expected);
    assertThat(result.status()).as(failure).isZero();
    assertThat(expected).hasSizeGreaterThanOrEqualTo(fewestLines);
  }
}
