package io.hyperlight.snippets;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Program;
import io.hyperlight.testing.Needs;
import io.hyperlight.testing.Tool;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The examples in the Javadoc of whole programs do what they say. */
class ProgramSnippetsTest {
  @Test
  @Needs(Tool.PYTHON)
  void runGivesTheOutput() {
    assertThat(ProgramSnippets.run(Path.of("/usr/bin/python3"), "print(6 * 7)")).isEqualTo("42\n");
  }

  @Test
  @Needs(Tool.BUSYBOX)
  void serveAnswersEachRequestFromTheSameState() {
    Program cat = Program.of(Path.of("/bin/busybox")).args("cat");

    assertThat(
            ProgramSnippets.serve(cat, List.of("a".getBytes(UTF_8), "b".getBytes(UTF_8))).stream()
                .map(bytes -> new String(bytes, UTF_8)))
        .containsExactly("a", "b");
  }
}
