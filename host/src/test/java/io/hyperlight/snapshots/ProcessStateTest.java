package io.hyperlight.snapshots;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.SourceFile;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a process sets for itself is part of its guest's state. Its timers are, too. */
class ProcessStateTest {
  private static final String PROGRAM = SourceFile.of(ProcessStateTest.class, "process_state.c");

  private static final String INITIAL =
      " files 256 size -1 last 255 nice 0 policy 0 io 0 guest dumpable 1 slack 50000 robust 0"
          + " barrier -1";
  private static final String ONE_WAY =
      " files 20 size 100 last 19 nice 3 policy 3 io 16384 one dumpable 0 slack 1000 robust 1"
          + " barrier 0";
  private static final String OTHER_WAY =
      " files 21 size 101 last 20 nice 4 policy 3 io 16385 other dumpable 0 slack 1001 robust 2"
          + " barrier 0";
  private static final String ONE_PENDING =
      " signal 12 code 0 value 0 signal 10 code 0 value 0 signal 35 code -1 value 0"
          + " signal 35 code -1 value 1 signal 35 code -1 value 2";

  private final Sandbox sandbox = Sandbox.builder(CompiledGuest.withLibc(PROGRAM)).build();

  @AfterEach
  void close() {
    sandbox.close();
  }

  private static String configuration(Sandbox of) {
    return of.call("configuration", String.class);
  }

  private static String pending(Sandbox of) {
    return of.call("pending", String.class);
  }

  @Test
  void limitsPrioritiesNamesAndQueuedSignalsGoBackWithARestore() {
    assertThat(configuration(sandbox)).isEqualTo(INITIAL);
    try (Snapshot before = sandbox.snapshot()) {
      sandbox.call("configure", void.class, 0);
      assertThat(configuration(sandbox)).isEqualTo(ONE_WAY);
      try (Snapshot after = sandbox.snapshot();
          Sandbox spawned = after.spawn()) {
        assertThat(configuration(spawned)).isEqualTo(ONE_WAY);
        assertThat(pending(spawned)).isEqualTo(ONE_PENDING);
        assertThat(pending(spawned)).isEmpty();
        spawned.restore(after);
        assertThat(pending(spawned)).isEqualTo(ONE_PENDING);
        spawned.restore(before);
        assertThat(configuration(spawned)).isEqualTo(INITIAL);
        assertThat(pending(spawned)).isEmpty();
        spawned.call("configure", void.class, 1);
        assertThat(configuration(spawned)).isEqualTo(OTHER_WAY);
        spawned.restore(after);
        assertThat(configuration(spawned)).isEqualTo(ONE_WAY);
      }
    }
  }

  @Test
  void timersGoBackWithARestore() {
    String none = " real 0 processor 0 every 0";
    String three = " real 3 processor 3 every 7 timer 0 left 3";
    try (Snapshot before = sandbox.snapshot()) {
      assertThat(sandbox.call("timers", String.class)).isEqualTo(none);
      sandbox.call("start_timers", void.class, 3);
      assertThat(sandbox.call("timers", String.class)).isEqualTo(three);
      try (Snapshot after = sandbox.snapshot();
          Sandbox spawned = after.spawn()) {
        assertThat(spawned.call("timers", String.class)).isEqualTo(three);
        spawned.call("start_timers", void.class, 5);
        assertThat(spawned.call("timers", String.class))
            .isEqualTo(" real 5 processor 5 every 7 timer 0 left 3 timer 1 left 5");
        spawned.restore(after);
        assertThat(spawned.call("timers", String.class)).isEqualTo(three);
        spawned.restore(before);
        assertThat(spawned.call("timers", String.class)).isEqualTo(none);
      }
    }
  }

  @Test
  void processorTimeGoesOnFromTheSnapshot() {
    long before = sandbox.call("compute", long.class, 20_000_000L);
    try (Snapshot snapshot = sandbox.snapshot();
        Sandbox spawned = snapshot.spawn()) {
      assertThat(spawned.<Long>call("processor_nanos", long.class)).isGreaterThanOrEqualTo(before);
      long later = sandbox.call("compute", long.class, 40_000_000L);
      assertThat(later).isGreaterThanOrEqualTo(before + 40_000_000L);
      sandbox.restore(snapshot);
      assertThat(sandbox.<Long>call("processor_nanos", long.class))
          .isGreaterThanOrEqualTo(before)
          .isLessThan(later);
    }
  }

  @Test
  void processorTimeCountsWhatACallHasUsedBeforeItAsks() {
    long before = sandbox.call("processor_nanos", long.class);

    assertThat(sandbox.<Long>call("compute_unseen", long.class, 30_000_000L))
        .isGreaterThan(before + 10_000_000L);
  }

  @Test
  void theMostMemoryThatWasUsedGrowsWithItAndGoesBackWithARestore() {
    long little = sandbox.call("peak", long.class, 0);
    try (Snapshot snapshot = sandbox.snapshot()) {
      long much = sandbox.call("peak", long.class, 8);
      assertThat(much).isBetween(little + 8_000, little + 9_000);
      assertThat(sandbox.<Long>call("peak", long.class, 0)).isEqualTo(much);
      sandbox.restore(snapshot);
      assertThat(sandbox.<Long>call("peak", long.class, 0)).isBetween(little, little + 1000);
    }
  }

  @Test
  void processorTimeIsThatOfTheEmbeddersClock() {
    Clock frozen = Clock.fixed(Instant.EPOCH, ZoneOffset.UTC);
    try (Sandbox still = Sandbox.builder(CompiledGuest.withLibc(PROGRAM)).clock(frozen).build()) {
      long first = still.call("processor_nanos", long.class);
      assertThat(still.<Long>call("processor_nanos", long.class)).isEqualTo(first);
    }
  }
}
