package io.hyperlight.languages;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.testing.CProgram;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.SourceFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The features of a libc have the same results in a guest and in a process. */
@NotInHardwareLane("Asks a program that the C compiler makes.")
class LibcFeaturesTest {
  /** Writes what it sees to a stream. */
  private static final String FEATURES = SourceFile.of(LibcFeaturesTest.class, "libc_features.c");

  private static final String GUEST =
      FEATURES
          + """
          #include <hyperlight.h>

          HL_EXPORT(hl_string, all_features)
          hl_string all_features(void)
          {
              char *text;
              size_t size;
              FILE *out = open_memstream(&text, &size);
              features(out);
              fclose(out);
              return (hl_string){text, size};
          }
          """;

  private static final String PROCESS = FEATURES + "int main(void) { features(stdout); }\n";

  @ParameterizedTest
  @ValueSource(strings = {"-static", "-static-pie"})
  void everythingIsInAGuestAsInAProcess(String option) {
    String expected = CProgram.run(PROCESS).outputOfSuccess();
    try (Sandbox sandbox =
            Sandbox.builder(CompiledGuest.withLibc(GUEST, option, "-lm"))
                .memorySize(32 << 20)
                .build();
        Snapshot snapshot = sandbox.snapshot();
        Sandbox other = snapshot.spawn()) {
      assertThat(sandbox.call("all_features", String.class)).isEqualTo(expected);
      sandbox.restore(snapshot);
      assertThat(sandbox.call("all_features", String.class)).isEqualTo(expected);
      assertThat(other.call("all_features", String.class)).isEqualTo(expected);
    }
  }

  @Test
  void theSecondCallSeesWhatTheFirstOneLeft() {
    String expected = CProgram.run(PROCESS).outputOfSuccess();
    try (Sandbox sandbox =
        Sandbox.builder(CompiledGuest.withLibc(GUEST, "-lm")).memorySize(32 << 20).build()) {
      sandbox.call("all_features", String.class);
      assertThat(sandbox.call("all_features", String.class))
          .isEqualTo(expected.replace("\n5 0\n", "\n6 1\n"));
    }
  }
}
