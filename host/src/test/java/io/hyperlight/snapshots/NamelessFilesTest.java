package io.hyperlight.snapshots;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.FileTree;
import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.GuestDeadlockException;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.SourceFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A snapshot's state includes open files without a name, the contents of FIFOs, and the pages of
 * files.
 */
class NamelessFilesTest {
  private static final String PROGRAM = SourceFile.of(NamelessFilesTest.class, "nameless_files.c");

  private static final Guest GUEST = CompiledGuest.withLibc(PROGRAM, "-w");

  private static Sandbox.Builder builder() {
    return Sandbox.builder(GUEST).mount("/data", FileTree.memory(1 << 20));
  }

  private static String observe(Sandbox sandbox) {
    return sandbox.call("observe", String.class);
  }

  @Test
  void whatHasNoNameGoesBackWithARestoreAndComesWithASpawn() {
    try (Sandbox built = builder().build()) {
      built.call("prepare", void.class);
      try (Snapshot snapshot = built.snapshot()) {
        String expected = observe(built);
        assertThat(expected)
            .contains(
                "/data/gone (deleted) 40755 0", "/data/a/b (deleted) 40750 0", "above 40700 0")
            .contains(
                "cwd 2|", "data 1099511627776 1099511627779|", "unnamed|", "fifo 1 11 in the|")
            .contains("/data/f (deleted) 100640 0", "again 1|");
        for (int round = 0; round < 3; round++) {
          built.restore(snapshot);
          assertThat(observe(built)).isEqualTo(expected);
          built.call("spoil", void.class);
          assertThat(built.call("observe", String.class)).isNotEqualTo(expected);
        }
        built.restore(snapshot);
        assertThat(observe(built)).isEqualTo(expected);
        try (Sandbox spawned = snapshot.spawn()) {
          assertThat(observe(spawned)).isEqualTo(expected);
          spawned.call("spoil", void.class);
          spawned.restore(snapshot);
          assertThat(observe(spawned)).isEqualTo(expected);
        }
      }
    }
  }

  @Test
  void aNewSandboxHasNothingOfAnEarlierState() {
    try (Sandbox built = builder().build();
        Snapshot fresh = built.snapshot()) {
      String before = observe(built);
      for (int round = 0; round < 3; round++) {
        built.restore(fresh);
        built.call("prepare", void.class);
        built.restore(fresh);
        assertThat(observe(built)).isEqualTo(before);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"read", "write", "both"})
  void whoWouldWaitForTheOtherEndOfAFifoForEverIsStuck(String how) {
    try (Sandbox sandbox = builder().build()) {
      assertThatThrownBy(() -> sandbox.call("wait_for_ever", void.class, how))
          .isInstanceOf(GuestDeadlockException.class)
          .hasMessageContaining(how.equals("both") ? "pipe" : "FIFO");
    }
  }
}
