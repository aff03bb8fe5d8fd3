package io.hyperlight.internal.linux;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.linux.SystemCall.Support;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.testing.NotInHardwareLane;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The documents agree with the table of system calls. */
@NotInHardwareLane("No VM takes part.")
class SystemCallDocumentTest {
  private static final Path DOCUMENTS = Path.of("..", "docs");

  private static final String BEGINNING =
      """
      # Every system call

      The table of system calls, `SystemCallTable`, as a list. A test compares the two. [linux.md](linux.md) describes the calls by
      family. A call without a note is answered as its manual page says. A refused call gets the error that is named. The numbers for
      aarch64 are there for a port; a call without one does not exist there.

      | Call | x86-64 | aarch64 | Note |
      |---|---|---|---|
      """;

  private static String list() {
    StringBuilder lines = new StringBuilder(BEGINNING);
    for (SystemCall call : SystemCallTable.calls()) {
      lines.append(
          "| `%s` | %d | %s | %s |\n"
              .formatted(
                  call.name(),
                  call.x86(),
                  call.aarch64() == SystemCall.NONE ? "" : Integer.toString(call.aarch64()),
                  note(call)));
    }
    return lines.toString();
  }

  private static String note(SystemCall call) {
    return switch (call.support()) {
      case FULL -> "";
      case PARTIAL -> call.note();
      case REFUSED -> "refused: " + Errno.describe(call.errno()).split(" ", 2)[0];
    };
  }

  private static Support support(String name) {
    return SystemCallTable.calls().stream()
        .filter(call -> call.name().equals(name))
        .findFirst()
        .map(SystemCall::support)
        .orElseThrow(() -> new AssertionError("no system call is called " + name));
  }

  @Test
  void theListIsThatOfTheTable() throws IOException {
    Path generated = Files.createDirectories(Path.of("target")).resolve("system-calls.md");
    Files.writeString(generated, list());
    assertThat(DOCUMENTS.resolve("system-calls.md"))
        .as("copy " + generated.toAbsolutePath().normalize() + " to docs")
        .hasContent(list());
  }

  @Test
  void whatIsSaidToBeAnsweredIsAnsweredAndWhatIsSaidToBeRefusedIsRefused() throws IOException {
    String text = Files.readString(DOCUMENTS.resolve("linux.md"), UTF_8);
    List<String> answered = names(text, "## What is answered", 2);
    List<String> refused = names(text, "## What is refused", 1);
    assertThat(answered).hasSizeGreaterThan(120);
    assertThat(refused).hasSizeGreaterThan(5);
    assertThat(answered).allMatch(name -> support(name) != Support.REFUSED);
    assertThat(refused).allMatch(name -> support(name) == Support.REFUSED);
  }

  /** Returns the calls in a column of the table below a heading. */
  private static List<String> names(String text, String heading, int column) {
    int begin = text.indexOf(heading);
    String section = text.substring(begin, text.indexOf("\n## ", begin + heading.length()));
    List<String> names = new ArrayList<>();
    for (String line : section.lines().filter(row -> row.startsWith("|")).toList()) {
      Matcher name = Pattern.compile("`([a-z]\\w*)`").matcher(line.split("\\|", -1)[column]);
      while (name.find()) {
        names.add(name.group(1));
      }
    }
    return names;
  }

  @Test
  void aRefusedCallHasAnErrorAndAnAnsweredOneAHandler() {
    for (SystemCall call : SystemCallTable.calls()) {
      boolean refused = call.support() == Support.REFUSED;
      assertThat(call.errno() > 0).as(call.name()).isEqualTo(refused);
      assertThat(call.handler() != null || refused).as(call.name()).isTrue();
      assertThat(call.note().isEmpty())
          .as(call.name())
          .isEqualTo(call.support() != Support.PARTIAL);
    }
  }
}
