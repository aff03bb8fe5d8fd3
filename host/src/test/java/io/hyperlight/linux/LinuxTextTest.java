package io.hyperlight.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.hyperlight.LinuxText;
import io.hyperlight.testing.NotInHardwareLane;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names of the host are strings. {@code GuestPathsTest} covers those of guests. */
@NotInHardwareLane("No VM takes part.")
class LinuxTextTest {
  @TempDir private Path folder;

  private static final List<String> NAMES =
      List.of("plain", "J\u00fcrgen", "\ud83d\ude00", "\udcff", "a\udc80b%41 c", "x\ny");

  @Test
  void aFileIsFoundByItsNameWhateverBytesThatHas() throws IOException {
    for (String name : NAMES) {
      Path file = Files.createFile(LinuxText.path(LinuxText.of(folder) + "//" + name));
      assertThat(LinuxText.of(file)).isEqualTo(LinuxText.of(folder) + "/" + name);
      assertThat(file).hasParent(folder).startsWith(folder);
    }
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(file -> LinuxText.of(file).substring(LinuxText.of(folder).length() + 1)))
          .containsExactlyInAnyOrderElementsOf(NAMES);
    }
  }

  @Test
  void aRelativePathIsBelowTheWorkingDirectory() {
    String here = LinuxText.of(Path.of(""));
    for (String name : NAMES) {
      assertThat(LinuxText.of(LinuxText.path(name))).isEqualTo(here + "/" + name);
    }
    assertThat(LinuxText.path("a/b")).isRelative();
    assertThat(LinuxText.of(LinuxText.path("/"))).isEqualTo("/");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\0b", "\ud800", "\udc00", "\udc7f", "\udd00", "a\ud83d"})
  void textThatHasNoBytesIsRefused(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LinuxText.encode(text))
        .withMessageContaining("has a character that no text can have, at ");
    assertThatIllegalArgumentException().isThrownBy(() -> LinuxText.path(text));
  }
}
