package io.hyperlight.snapshots;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Program;
import io.hyperlight.ProgramServer;
import io.hyperlight.ProgramSnapshot;
import io.hyperlight.Sandbox;
import io.hyperlight.SandboxPool;
import io.hyperlight.Snapshot;
import io.hyperlight.internal.machine.TableState;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.ResetOracle;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The oracle for translations. Whatever page tables a VM had earlier, a guest can read, write and
 * run what is mapped now, and nothing else. The oracle observes from inside the guest, because
 * equal memory does not show what KVM has derived from it.
 */
@Tag("dirty-tracking")
@Tag("slow")
class ScatteredMappingsTest {
  /** How many calls each test makes; {@code hyperlight.test.scattered}. */
  private static final int CALLS = Integer.getInteger("hyperlight.test.scattered", 25);

  private static final int MEMORY = 8 << 20;

  @TempDir private Path folder;

  private Sandbox original() throws IOException {
    return original(MEMORY);
  }

  private Sandbox original(long memorySizeBytes) throws IOException {
    return Sandbox.builder(CompiledGuest.withLibc(ScatteredGuest.CALLED))
        .mount("/code", ScatteredGuest.code(folder))
        .memorySize(memorySizeBytes)
        .build();
  }

  /** Returns the calls with a wrong answer, and those answers. */
  private static List<String> wrong(LongFunction<Long> call) {
    List<String> wrong = new ArrayList<>();
    for (long seed = 0; seed < CALLS; seed++) {
      long found = call.apply(seed);
      if (found != 0) {
        wrong.add("seed " + seed + ": " + found + " tries");
      }
    }
    return wrong;
  }

  @ParameterizedTest
  @ValueSource(strings = {"scattered", "scattered_in_snapshot"})
  void aRestoredSandboxSeesWhatItMapsAndNothingOfEarlierLives(String function) throws IOException {
    try (Sandbox original = original();
        Snapshot snapshot = original.snapshot();
        Sandbox sandbox = snapshot.spawn()) {
      assertThat(
              wrong(seed -> {
                long found = sandbox.call(function, long.class, seed);
                sandbox.restore(snapshot);
                return found;
              }))
          .isEmpty();
    }
  }

  @Test
  void soDoesOneThatIsNeverRestored() throws IOException {
    try (Sandbox sandbox = original();
        Snapshot snapshot = sandbox.snapshot();
        Sandbox spawned = snapshot.spawn()) {
      assertThat(wrong(seed -> sandbox.call("scattered", long.class, seed))).isEmpty();
      assertThat(wrong(seed -> spawned.call("scattered", long.class, seed))).isEmpty();
    }
  }

  @Test
  void soDoSpawnedSandboxesAndTheSnapshotsOfRestoredOnes() throws IOException {
    try (Sandbox original = original();
        Snapshot snapshot = original.snapshot();
        Sandbox sandbox = snapshot.spawn()) {
      for (long seed = 0; seed < Math.min(CALLS, 12); seed++) {
        assertThat(sandbox.<Long>call("scattered", long.class, seed)).isZero();
        try (Snapshot later = sandbox.snapshot();
            Sandbox spawned = later.spawn()) {
          for (long next = seed + 1; next < seed + 4; next++) {
            assertThat(spawned.<Long>call("scattered", long.class, next)).isZero();
            spawned.restore(later);
          }
        }
        if (seed % 3 == 2) {
          sandbox.restore(snapshot);
        }
      }
    }
  }

  @Test
  void soDoSandboxesOfAPool() throws IOException {
    try (Sandbox original = original();
        Snapshot snapshot = original.snapshot();
        SandboxPool pool = SandboxPool.builder(snapshot).size(2).idle(2).build()) {
      assertThat(wrong(seed -> pool.call("scattered", long.class, seed))).isEmpty();
    }
  }

  @Test
  void soDoesAProgramThatServes() throws IOException {
    Program program =
        Program.of(CompiledGuest.program(ScatteredGuest.SERVING))
            .mount("/code", ScatteredGuest.code(folder))
            .memorySize(2 * MEMORY); // its stack alone is as large
    try (ProgramServer sandbox = program.startServing();
        ProgramSnapshot snapshot = sandbox.snapshot();
        ProgramServer spawned = snapshot.spawn()) {
      assertThat(
              wrong(seed -> {
                spawned.restore(snapshot);
                byte[] answer = spawned.serve(Long.toString(seed).getBytes(US_ASCII));
                return Long.parseLong(new String(answer, US_ASCII).strip());
              }))
          .isEmpty();
    }
  }

  /** More tables than a VM's first slot has room for. */
  private static final long MANY_TABLES = 2500;

  @Test
  void aCallMayNeedMoreTablesThanAreLeft() throws IOException {
    try (Sandbox original = original(8 * MEMORY);
        Snapshot snapshot = original.snapshot();
        Sandbox sandbox = snapshot.spawn()) {
      for (long round = 0; round < 3; round++) {
        long place = round % 3;
        assertThat(sandbox.<Long>call("map_apart", long.class, place, MANY_TABLES)).isZero();
        assertThat(sandbox.<Long>call("check_apart", long.class, place, MANY_TABLES)).isZero();
        try (Snapshot later = sandbox.snapshot();
            Sandbox spawned = later.spawn()) {
          assertThat(spawned.<Long>call("check_apart", long.class, place, MANY_TABLES)).isZero();
        }
        sandbox.restore(snapshot);
        assertThat(sandbox.<Long>call("scattered", long.class, round)).isZero();
        sandbox.restore(snapshot);
      }
    }
  }

  @Test
  void aSnapshotMayHaveMoreTablesThanFitBelowItsData() throws IOException {
    try (Sandbox original = original(8 * MEMORY)) {
      assertThat(original.<Long>call("map_apart", long.class, 5, MANY_TABLES)).isZero();
      try (Snapshot snapshot = original.snapshot();
          Sandbox sandbox = snapshot.spawn()) {
        for (long round = 0; round < 3; round++) {
          assertThat(sandbox.<Long>call("map_apart", long.class, round, MANY_TABLES)).isZero();
          assertThat(sandbox.<Long>call("scattered", long.class, round)).isZero();
          assertThat(sandbox.<Long>call("check_apart", long.class, 5, MANY_TABLES)).isZero();
          sandbox.restore(snapshot);
          assertThat(new ResetOracle(snapshot).differencesInMemory(sandbox)).isEmpty();
          assertThat(sandbox.<Long>call("check_apart", long.class, 5, MANY_TABLES)).isZero();
        }
      }
    }
  }

  @Test
  void noTableTakesThePlaceOfAnotherBeforeKvmHasForgottenIt() throws IOException {
    try (Sandbox original = original();
        Snapshot snapshot = original.snapshot();
        Sandbox sandbox = snapshot.spawn()) {
      TableState state = new TableState(ResetOracle.machineOf(sandbox));
      int forgotten = 0;
      for (long life = 0; life < 30; life++) {
        sandbox.call("scattered", long.class, 2 * (life % 5));
        sandbox.call("map_apart", long.class, life % 4, 300L);
        forgotten += state.startsAgain() ? 1 : 0;
        assertThat(state.tablesUsedTwice()).as("life %d", life).isEmpty();
        sandbox.restore(snapshot);
      }
      assertThat(forgotten).isBetween(2, 20); // the first life is one
    }
  }
}
