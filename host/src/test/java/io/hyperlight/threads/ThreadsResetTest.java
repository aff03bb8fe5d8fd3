package io.hyperlight.threads;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Lease;
import io.hyperlight.Sandbox;
import io.hyperlight.SandboxInternals;
import io.hyperlight.SandboxPool;
import io.hyperlight.Snapshot;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.internal.call.Machines;
import io.hyperlight.internal.restore.Omission;
import io.hyperlight.testing.ResetOracle;
import io.hyperlight.testing.Seeds;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A restore brings back all threads of a generated program, whatever they did since: ended and
 * began, were woken in any order, left signals, timers, locks, files and mappings behind.
 */
@Tag("dirty-tracking")
@Tag("slow")
class ThreadsResetTest {
  private static final int LENGTH = 60;
  private static final Duration SOON = Duration.ofMillis(20);

  static LongStream seeds() {
    return Seeds.all();
  }

  /** A sandbox with the threads of a script, somewhere in its middle. */
  private static Sandbox begun(long seed) {
    Sandbox.Builder builder =
        Sandbox.builder(ThreadScript.interpretingGuest())
            .memorySize(32 << 20)
            .clock(() -> Instant.ofEpochSecond(1_000_000))
            .randomSeed(seed)
            .callTimeout(Duration.ofSeconds(60))
            .hostFunction("twice", (Long number) -> 2 * number);
    Sandbox sandbox = SandboxInternals.interleaved(builder, seed).build();
    sandbox.call("expect_standing_clock", void.class);
    sandbox.call("begin", void.class, (Object) script(seed).bytes());
    sandbox.call("go_on", int.class, 25);
    return sandbox;
  }

  private static ThreadScript script(long seed) {
    return ThreadScripts.of(seed, LENGTH);
  }

  /** Lets the threads go on for a while, or until the middle of a turn. */
  private static void dirty(Sandbox sandbox, int round) {
    if (round % 2 == 0) {
      sandbox.call("go_on", int.class, 1 + 40 * round);
    } else {
      assertThatThrownBy(() -> sandbox.within(SOON).call("go_on", int.class, Integer.MAX_VALUE))
          .isInstanceOf(GuestTimeoutException.class);
    }
  }

  private static List<String> leaks(ResetOracle oracle, Sandbox sandbox) {
    List<String> leaks = new ArrayList<>(oracle.linuxLeaksOf(sandbox));
    leaks.addAll(oracle.differencesInMemory(sandbox));
    leaks.addAll(oracle.differencesInHost(sandbox));
    return leaks;
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void aRestoredSandboxHasTheThreadsOfANewborn(long seed) {
    try (Sandbox original = begun(seed);
        Snapshot snapshot = original.snapshot();
        Sandbox spawned = snapshot.spawn()) {
      ResetOracle oracle = new ResetOracle(snapshot);
      for (Sandbox sandbox : List.of(spawned, original)) {
        for (int round = 0; round < 6; round++) {
          dirty(sandbox, round);
          sandbox.restore(snapshot);
          assertThat(leaks(oracle, sandbox)).as("round %d", round).isEmpty();
        }
        assertThat(sandbox.<Integer>call("go_on", int.class, 7)).isBetween(0, 1);
      }
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void eachHolderOfAPoolFindsThem(long seed) {
    try (Sandbox original = begun(seed);
        Snapshot snapshot = original.snapshot();
        SandboxPool pool = SandboxPool.builder(snapshot).size(1).build()) {
      ResetOracle oracle = new ResetOracle(snapshot);
      for (int round = 0; round < 4; round++) {
        try (Lease<Sandbox> lease = pool.acquire()) {
          assertThat(leaks(oracle, lease.get())).as("round %d", round).isEmpty();
          dirty(lease.get(), round);
        }
      }
    }
  }

  @Test
  void threadsThatAreNotRestoredAreNoticed() {
    try (Sandbox original = begun(1);
        Snapshot snapshot = original.snapshot();
        Sandbox sandbox = snapshot.spawn()) {
      dirty(sandbox, 2);
      try (Omission<?, ?> _ =
          new Omission<>(
              Objects.requireNonNull(Machines.restoreOrders().get("system calls")), "tasks")) {
        sandbox.restore(snapshot);
      }
      assertThat(new ResetOracle(snapshot).linuxLeaksOf(sandbox))
          .anyMatch(leak -> leak.contains("Linux has for tasks"));
    }
  }
}
