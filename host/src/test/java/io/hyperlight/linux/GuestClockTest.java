package io.hyperlight.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.SourceFile;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** A guest's clocks and sleeps follow the clock that the embedder has chosen. */
class GuestClockTest {
  private static final String PROGRAM = SourceFile.of(GuestClockTest.class, "clock.c");

  private static final Instant THEN = Instant.parse("2001-02-03T04:05:06.789012345Z");
  private static final long THEN_NANOS = THEN.getEpochSecond() * 1_000_000_000L + THEN.getNano();

  private static final int[] REAL = {0, 5, 8, 11};
  private static final int[] MONOTONIC = {1, 2, 3, 4, 6, 7, 9};

  private static final int EFAULT = 14;
  private static final int EINVAL = 22;

  private static Sandbox build(InstantSource source) {
    return Sandbox.builder(CompiledGuest.withLibc(PROGRAM)).clock(source).build();
  }

  private static long nanos(Sandbox sandbox, int clock) {
    return sandbox.<Long>call("nanos_of", long.class, clock);
  }

  @Test
  void aFixedClockStandsStill() {
    try (Sandbox sandbox = build(Clock.fixed(THEN, ZoneOffset.UTC))) {
      for (int clock : REAL) {
        assertThat(nanos(sandbox, clock)).as("clock %d", clock).isEqualTo(THEN_NANOS);
      }
      long monotonic = nanos(sandbox, 1);
      assertThat(monotonic).isBetween(1L, 1_000_000_000L);
      for (int clock : MONOTONIC) {
        assertThat(nanos(sandbox, clock)).as("clock %d", clock).isEqualTo(monotonic);
      }
      assertThat(sandbox.<Long>call("seconds", long.class)).isEqualTo(THEN.getEpochSecond());
      assertThat(sandbox.<Long>call("micros", long.class)).isEqualTo(THEN_NANOS / 1000);
      assertThat(sandbox.<String>call("date", String.class)).isEqualTo("2001-02-03 04:05:06");
    }
  }

  @Test
  void whoeverSleepsByAnEmbeddersClockDoesNotWait() {
    try (Sandbox sandbox = build(Clock.fixed(THEN, ZoneOffset.UTC))) {
      long before = System.nanoTime();
      assertThat(sandbox.<Long>call("sleep_for", long.class, 1_000_000L, 0L)).isZero();
      assertThat(sandbox.<Integer>call("sleep_until", int.class, 1, 1L << 40, 1)).isZero();
      assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(60));
    }
  }

  @Test
  void byTheHostsClockHeDoes() {
    try (Sandbox sandbox = Sandbox.builder(CompiledGuest.withLibc(PROGRAM)).build()) {
      long before = System.nanoTime();
      long guestBefore = nanos(sandbox, 1);
      assertThat(sandbox.<Long>call("sleep_for", long.class, 0L, 20_000_000L)).isZero();
      assertThat(nanos(sandbox, 1) - guestBefore).isGreaterThanOrEqualTo(20_000_000);
      assertThat(System.nanoTime() - before).isGreaterThanOrEqualTo(20_000_000);
      assertThat(sandbox.<Integer>call("sleep_until", int.class, 0, 1L, 1)).isZero();
      long host = Instant.now().getEpochSecond();
      assertThat(sandbox.<Long>call("seconds", long.class)).isBetween(host, host + 60);
    }
  }

  @Test
  void aClockCanBeBehindOrAhead() {
    Duration offset = Duration.ofDays(1000);
    try (Sandbox sandbox = build(Clock.offset(Clock.systemUTC(), offset))) {
      long expected = Instant.now().plus(offset).getEpochSecond();
      assertThat(sandbox.<Long>call("seconds", long.class)).isBetween(expected, expected + 60);
    }
    try (Sandbox sandbox =
        build(Clock.fixed(Instant.parse("1960-01-01T00:00:00.5Z"), ZoneOffset.UTC))) {
      assertThat(sandbox.<String>call("date", String.class)).isEqualTo("1960-01-01 00:00:00");
      assertThat(nanos(sandbox, 1)).isPositive();
    }
  }

  @Test
  void monotonicTimeGoesForwardOnlyWhateverTheClockDoes() {
    AtomicReference<Instant> now = new AtomicReference<>(THEN);
    try (Sandbox sandbox = build(now::get)) {
      long first = nanos(sandbox, 1);
      now.set(THEN.plusSeconds(5));
      assertThat(nanos(sandbox, 1)).isEqualTo(first + 5_000_000_000L);
      now.set(THEN.minusSeconds(1000));
      assertThat(nanos(sandbox, 1)).isEqualTo(first + 5_000_000_000L);
      assertThat(nanos(sandbox, 0)).isEqualTo(THEN_NANOS - 1_000_000_000_000L);
      now.set(THEN.minusSeconds(999));
      assertThat(nanos(sandbox, 1)).isEqualTo(first + 6_000_000_000L);
      long last = first + 6_000_000_000L;
      for (Instant extreme : new Instant[] {Instant.MAX, Instant.MIN, THEN, Instant.MAX}) {
        now.set(extreme);
        assertThat(nanos(sandbox, 1)).as("at %s", extreme).isGreaterThanOrEqualTo(last);
        last = nanos(sandbox, 1);
      }
    }
  }

  @Test
  void afterARestoreItGoesOnFromTheSnapshot() {
    AtomicReference<Instant> now = new AtomicReference<>(THEN);
    try (Sandbox sandbox = build(now::get)) {
      now.set(THEN.plusSeconds(10));
      long atSnapshot = nanos(sandbox, 1);
      try (Snapshot snapshot = sandbox.snapshot();
          Sandbox spawned = snapshot.spawn()) {
        now.set(THEN.plusSeconds(100));
        assertThat(nanos(spawned, 1)).isEqualTo(atSnapshot);
        now.set(THEN.plusSeconds(107));
        assertThat(nanos(spawned, 1)).isEqualTo(atSnapshot + 7_000_000_000L);
        spawned.restore(snapshot);
        now.set(THEN.minusSeconds(7));
        assertThat(nanos(spawned, 1)).isEqualTo(atSnapshot);
      }
    }
  }

  @Test
  void whatIsFrozenMissesNoRealTimeAndNoTimeSinceItsStart() {
    AtomicReference<Instant> now = new AtomicReference<>(THEN);
    try (Sandbox sandbox = build(now::get)) {
      long monotonic = nanos(sandbox, 1);
      assertThat(nanos(sandbox, 7)).isEqualTo(monotonic);
      try (Snapshot snapshot = sandbox.snapshot();
          Sandbox spawned = snapshot.spawn()) {
        now.set(THEN.plusSeconds(100));
        assertThat(nanos(spawned, 1)).isEqualTo(monotonic);
        assertThat(nanos(spawned, 7)).isEqualTo(monotonic + 100_000_000_000L);
        assertThat(nanos(spawned, 0)).isEqualTo(THEN_NANOS + 100_000_000_000L);
        now.set(THEN.plusSeconds(101));
        try (Snapshot second = spawned.snapshot()) {
          now.set(THEN.plusSeconds(1000));
          try (Sandbox later = second.spawn()) {
            assertThat(nanos(later, 7)).isEqualTo(monotonic + 1_000_000_000_000L);
            assertThat(nanos(later, 1)).isEqualTo(monotonic + 1_000_000_000L);
          }
        }
        spawned.restore(snapshot);
        now.set(THEN.minusSeconds(5));
        assertThat(nanos(spawned, 7)).as("real time was set back").isEqualTo(monotonic);
      }
      assertThat(nanos(sandbox, 7)).as("the original was not frozen").isEqualTo(nanos(sandbox, 1));
    }
  }

  @Test
  void timersRunWhileFrozenIfTheirClocksDo() {
    AtomicReference<Instant> now = new AtomicReference<>(THEN);
    try (Sandbox sandbox = build(now::get)) {
      for (int clock : new int[] {0, 1, 7, 11}) {
        assertThat(sandbox.<Integer>call("arm", int.class, clock, 60L)).isZero();
      }
      try (Snapshot snapshot = sandbox.snapshot();
          Sandbox spawned = snapshot.spawn()) {
        now.set(THEN.plusSeconds(40));
        for (int round = 0; round < 2; round++) {
          assertThat(left(spawned, 1)).as("CLOCK_MONOTONIC").isEqualTo(60_000_000_000L);
          assertThat(left(spawned, 0)).as("CLOCK_REALTIME").isEqualTo(20_000_000_000L);
          assertThat(left(spawned, 7)).as("CLOCK_BOOTTIME").isEqualTo(20_000_000_000L);
          assertThat(left(spawned, 11)).as("CLOCK_TAI").isEqualTo(20_000_000_000L);
          spawned.restore(snapshot);
        }
        now.set(THEN.plusSeconds(70));
        assertThat(left(spawned, 1)).as("CLOCK_MONOTONIC").isEqualTo(60_000_000_000L);
        for (int clock : new int[] {0, 7, 11}) {
          assertThat(left(spawned, clock)).as("clock %d", clock).isZero();
        }
      }
    }
  }

  private static long left(Sandbox sandbox, int clock) {
    return sandbox.<Long>call("left", long.class, clock);
  }

  @Test
  void errorsAreThoseOfTheManual() {
    try (Sandbox sandbox = build(Clock.fixed(THEN, ZoneOffset.UTC))) {
      for (int clock : new int[] {-1, 10, 12, 4711, Integer.MIN_VALUE}) {
        assertThat(nanos(sandbox, clock)).as("clock %d", clock).isEqualTo(-EINVAL);
        assertThat(sandbox.<Long>call("resolution_of", long.class, clock)).isEqualTo(-EINVAL);
        assertThat(sandbox.<Integer>call("sleep_until", int.class, clock, 1L, 0)).isEqualTo(EINVAL);
      }
      assertThat(sandbox.<Long>call("resolution_of", long.class, 1)).isEqualTo(1);
      assertThat(sandbox.<Long>call("sleep_for", long.class, 0L, 1_000_000_000L))
          .isEqualTo(-EINVAL);
      assertThat(sandbox.<Long>call("sleep_for", long.class, 0L, -1L)).isEqualTo(-EINVAL);
      assertThat(sandbox.<Long>call("sleep_for", long.class, -1L, 0L)).isEqualTo(-EINVAL);
      for (long bad : new long[] {1, 0x1234_5000L, Long.MIN_VALUE, -1, -16}) {
        assertThat(raw(sandbox, 228, 0, bad)).as("clock_gettime").isEqualTo(-EFAULT);
        assertThat(raw(sandbox, 229, 1, bad)).as("clock_getres").isEqualTo(-EFAULT);
        assertThat(raw(sandbox, 96, bad, 0)).as("gettimeofday").isEqualTo(-EFAULT);
        assertThat(raw(sandbox, 96, 0, bad)).as("its zone").isEqualTo(-EFAULT);
        assertThat(raw(sandbox, 201, bad, 0)).as("time").isEqualTo(-EFAULT);
        assertThat(raw(sandbox, 35, bad, 0)).as("nanosleep").isEqualTo(-EFAULT);
        assertThat(raw(sandbox, 98, 0, bad)).as("getrusage").isEqualTo(-EFAULT);
        assertThat(raw(sandbox, 100, bad, 0)).as("times").isEqualTo(-EFAULT);
      }
      assertThat(raw(sandbox, 228, 0, 0)).as("clock_gettime").isEqualTo(-EFAULT);
      assertThat(raw(sandbox, 229, 1, 0)).as("clock_getres").isZero();
    }
  }

  private static long raw(Sandbox sandbox, int number, long first, long second) {
    return sandbox.<Long>call("raw", long.class, number, first, second);
  }
}
