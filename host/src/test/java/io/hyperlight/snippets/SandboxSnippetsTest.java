package io.hyperlight.snippets;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Sandbox;
import io.hyperlight.testing.CompiledGuest;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The examples in the Javadoc do what they say. */
class SandboxSnippetsTest {
  private static final String PROGRAM =
      """
      #include <hyperlight.h>

      HL_IMPORT(hl_string, get_weekday)

      HL_EXPORT(hl_string, say_hello, hl_string)
      hl_string say_hello(hl_string name)
      {
          return hl_concat(HL_STR("Hello, "), name, HL_STR("! It is "), get_weekday(), HL_STR("."));
      }

      HL_EXPORT(int, add, int, int)
      int add(int a, int b) { return a + b; }
      """;

  @Test
  void theOverviewPrintsWhatItsCommentsSay() {
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    SandboxSnippets.overview(
        CompiledGuest.fileOf(PROGRAM), new PrintStream(printed, true, StandardCharsets.UTF_8));
    assertThat(printed.toString(StandardCharsets.UTF_8).lines())
        .containsExactly("Hello, Java! It is THURSDAY.", "5");
  }

  @Test
  void aSandboxWithLimitsCanStillBeUsedWithinThem() {
    try (Sandbox sandbox = SandboxSnippets.limits(CompiledGuest.of(PROGRAM))) {
      assertThat(SandboxSnippets.within(sandbox)).isEqualTo(5);
    }
  }

  @Test
  void theHandleAdds() throws Throwable {
    try (Sandbox sandbox =
        Sandbox.builder(CompiledGuest.of(PROGRAM)).hostFunction("get_weekday", () -> "").build()) {
      assertThat(SandboxSnippets.function(sandbox)).isEqualTo(5);
    }
  }
}
