package io.hyperlight.languages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.HyperlightException;
import io.hyperlight.internal.machine.MachineState;
import io.hyperlight.testing.Needs;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.ResetOracle;
import io.hyperlight.testing.RustGuest;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.testing.Tool;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** After a restore nothing remains of what happened in a Rust guest with the standard library. */
@Tag("dirty-tracking")
@NotInHardwareLane("Needs cargo; to the processor, Rust guests are like those in C.")
@Needs(Tool.CARGO)
class RustStdResetTest {
  private static final Guest GUEST =
      RustGuest.std(SourceFile.of(RustStdResetTest.class, "std_reset.rs"));

  @ParameterizedTest
  @ValueSource(strings = {"return", "panic", "abort", "fault", "thread"})
  void aRestoredSandboxIsAsANewbornHoweverItEnded(String ending) {
    try (Sandbox original = Sandbox.builder(GUEST).build();
        Snapshot snapshot = original.snapshot();
        Sandbox sandbox = snapshot.spawn()) {
      for (int round = 0; round < 3; round++) {
        assertThat(sandbox.call("work", String.class, "abc")).isEqualTo("1 2 3");
        if (ending.equals("return") || ending.equals("thread")) {
          sandbox.call("end", void.class, ending);
        } else {
          assertThatThrownBy(() -> sandbox.call("end", void.class, ending))
              .isInstanceOf(HyperlightException.class);
        }
        sandbox.restore(snapshot);
        try (Sandbox newborn = snapshot.spawn()) {
          assertThat(
                  MachineState.ofMemory(ResetOracle.machineOf(newborn))
                      .differencesOf(MachineState.ofMemory(ResetOracle.machineOf(sandbox))))
              .isEmpty();
          assertThat(sandbox.call("work", String.class, "xy"))
              .isEqualTo(newborn.call("work", String.class, "xy"))
              .isEqualTo("1 2 2");
          sandbox.restore(snapshot);
        }
      }
    }
  }
}
