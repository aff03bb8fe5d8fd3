package io.hyperlight.snapshots;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.SourceFile;
import org.junit.jupiter.api.Test;

/**
 * Counters of events, timers, epoll files, sockets with their messages, packets in pipes and files
 * of signals belong to a snapshot's state.
 */
class EventStateTest {
  private static final Guest GUEST =
      CompiledGuest.withLibc(SourceFile.of(EventStateTest.class, "event_state.c"), "-w");

  private static Sandbox prepared() {
    Sandbox sandbox = Sandbox.builder(GUEST).build();
    sandbox.call("prepare", void.class);
    return sandbox;
  }

  private static String observe(Sandbox sandbox) {
    return sandbox.call("observe", String.class);
  }

  @Test
  void whatIsWaitedForGoesBackWithARestoreAndComesWithASpawn() {
    String expected;
    try (Sandbox untouched = prepared()) {
      expected = observe(untouched);
      assertThat(expected).contains("events 1\nevent 100001\nevents 0\nevents 2\n");
      assertThat(expected).contains("its contents 4\nits end 0\n");
      assertThat(expected).endsWith("hours left 2\ninterval 5006\ntimer 8\n");
      assertThat(observe(untouched)).isNotEqualTo(expected);
    }
    try (Sandbox built = prepared();
        Snapshot snapshot = built.snapshot();
        Sandbox spawned = snapshot.spawn()) {
      assertThat(observe(built)).isEqualTo(expected);
      assertThat(observe(spawned)).isEqualTo(expected);
      for (int round = 0; round < 3; round++) {
        spawned.call("spoil", void.class);
        spawned.restore(snapshot);
        assertThat(observe(spawned)).isEqualTo(expected);
        spawned.restore(snapshot);
      }
      try (Snapshot again = spawned.snapshot();
          Sandbox grandchild = again.spawn()) {
        assertThat(observe(grandchild)).isEqualTo(expected);
      }
      built.restore(snapshot);
      assertThat(observe(built)).isEqualTo(expected);
    }
  }
}
