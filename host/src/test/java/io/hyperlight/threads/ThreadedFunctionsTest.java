package io.hyperlight.threads;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.GuestDeadlockException;
import io.hyperlight.error.GuestException;
import io.hyperlight.error.SandboxUnusableException;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.value.Limits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * In a guest with functions, threads run only during calls. A call is over when the first thread
 * has returned, whatever the others do.
 */
class ThreadedFunctionsTest {
  private static final Guest GUEST =
      CompiledGuest.withLibc(SourceFile.of(ThreadedFunctionsTest.class, "threaded_functions.c"));

  /** The number of EPERM. */
  private static final int EPERM = 1;

  private static Sandbox.Builder builder() {
    return Sandbox.builder(GUEST)
        .hostFunction("twice", (Integer number) -> 2 * number)
        .hostFunction("greet", (String name) -> "Hello, " + name + "!");
  }

  @Test
  void threadsStandStillBetweenCallsAndGoOnInTheNext() {
    try (Sandbox sandbox = builder().deterministic().build()) {
      assertThat(sandbox.<Integer>call("start_counters", int.class, 5)).isEqualTo(5);
      long before = sandbox.<Long>call("sum", long.class);
      assertThat(sandbox.<Long>call("sum", long.class)).isEqualTo(before);
      assertThat(sandbox.<Long>call("smallest_after", long.class, 10)).isGreaterThanOrEqualTo(9);
      long after = sandbox.<Long>call("sum", long.class);
      assertThat(after).isGreaterThan(before);
      assertThat(sandbox.<Long>call("sum", long.class)).isEqualTo(after);
      assertThat(sandbox.<Integer>call("join_all", int.class)).isEqualTo(5);
    }
  }

  @Test
  void eachYieldLetsEachThreadRunOnce() {
    try (Sandbox sandbox = builder().deterministic().build()) {
      sandbox.<Integer>call("start_counters", int.class, 3);
      sandbox.<Long>call("smallest_after", long.class, 2);
      long before = sandbox.<Long>call("sum", long.class);
      sandbox.<Long>call("smallest_after", long.class, 7);
      assertThat(sandbox.<Long>call("sum", long.class)).isEqualTo(before + 3 * 7);
    }
  }

  @Test
  void workersAnswerCallAfterCall() {
    try (Sandbox sandbox = builder().build()) {
      assertThat(sandbox.<Integer>call("start_workers", int.class, 4)).isEqualTo(4);
      for (int i = 1; i <= 100; i++) {
        assertThat(sandbox.<Integer>call("work", int.class, 3)).isEqualTo(3 * i);
      }
    }
  }

  @Test
  void aThreadCallsHostFunctionsOnTheCallersThread() {
    List<Thread> callers = new ArrayList<>();
    Sandbox.Builder builder =
        Sandbox.builder(GUEST)
            .hostFunction(
                "twice",
                (Integer number) -> {
                  callers.add(Thread.currentThread());
                  return 2 * number;
                })
            .hostFunction("greet", (String name) -> "Hello, " + name + "!");
    try (Sandbox sandbox = builder.build()) {
      assertThat(sandbox.<Integer>call("twice_by_thread", int.class, 21)).isEqualTo(42);
      assertThat(sandbox.<String>call("greeting_by_thread", String.class))
          .isEqualTo("Hello, thread!");
      assertThat(callers).containsExactly(Thread.currentThread());
    }
  }

  @Test
  void sandboxesThatAreSpawnedHaveTheThreadsOfTheSnapshot() {
    try (Sandbox original = builder().deterministic().build()) {
      original.<Integer>call("start_counters", int.class, 4);
      original.<Integer>call("start_workers", int.class, 4);
      original.<Long>call("smallest_after", long.class, 5);
      original.<Integer>call("work", int.class, 2);
      long sum = original.<Long>call("sum", long.class);
      try (Snapshot snapshot = original.snapshot();
          Sandbox first = snapshot.spawn();
          Sandbox second = snapshot.spawn()) {
        for (Sandbox sandbox : List.of(first, second, original)) {
          assertThat(sandbox.<Long>call("sum", long.class)).isEqualTo(sum);
          assertThat(sandbox.<Integer>call("work", int.class, 5)).isEqualTo(7);
          assertThat(sandbox.<Integer>call("join_all", int.class)).isEqualTo(4);
        }
      }
    }
  }

  @Test
  void aRestoreMakesTheThreadsThoseOfTheSnapshot() {
    try (Sandbox original = builder().deterministic().build()) {
      original.<Integer>call("start_counters", int.class, 3);
      original.<Integer>call("start_workers", int.class, 3);
      original.<Long>call("smallest_after", long.class, 5);
      long sum = original.<Long>call("sum", long.class);
      try (Snapshot snapshot = original.snapshot();
          Sandbox sandbox = snapshot.spawn()) {
        for (int i = 0; i < 30; i++) {
          assertThat(sandbox.<Long>call("sum", long.class)).isEqualTo(sum);
          assertThat(sandbox.<Integer>call("work", int.class, 4)).isEqualTo(4);
          if (i % 2 == 0) {
            assertThat(sandbox.<Integer>call("start_counters", int.class, 5)).isEqualTo(8);
          } else {
            assertThat(sandbox.<Integer>call("join_all", int.class)).isEqualTo(3);
          }
          if (i % 5 == 0) {
            assertThatThrownBy(
                    () -> sandbox.within(Duration.ofMillis(20)).call("wait_for_ever", void.class))
                .isInstanceOf(GuestException.class);
          }
          sandbox.restore(snapshot);
        }
      }
    }
  }

  @Test
  void aCallWhoseThreadsAllWaitForEverIsADeadlockThatListsThem() {
    try (Sandbox sandbox = builder().build();
        Snapshot snapshot = sandbox.snapshot();
        Sandbox spawned = snapshot.spawn()) {
      GuestDeadlockException deadlock =
          catchThrowableOfType(
              GuestDeadlockException.class, () -> spawned.call("wait_for_ever", void.class));
      assertThat(deadlock.threads()).hasSize(2);
      assertThatThrownBy(() -> spawned.call("sum", long.class))
          .isInstanceOf(SandboxUnusableException.class);
      spawned.restore(snapshot);
      assertThat(spawned.<Integer>call("twice_by_thread", int.class, 4)).isEqualTo(8);
    }
  }

  @Test
  void timersOfThreadsExpireWhileTheCallWaits() {
    try (Sandbox sandbox = builder().build()) {
      for (int i = 0; i < 3; i++) {
        assertThat(sandbox.<Integer>call("nap_in_threads", int.class, 10)).isEqualTo(10);
      }
    }
  }

  @Test
  void aSandboxWithoutExitsRefusesThreadsAndSaysWhy() {
    try (Sandbox sandbox = builder().exitless().build()) {
      assertThat(sandbox.<Integer>call("start_counters", int.class, 1)).isEqualTo(-EPERM);
      assertThat(sandbox.refusedSystemCalls()).isEqualTo(Map.of("clone3", 1L));
    }
  }

  @Test
  void theEmbeddersLimitHoldsOverAllCalls() {
    try (Sandbox sandbox = builder().limits(Limits.DEFAULT.withThreads(4)).build()) {
      assertThat(sandbox.<Integer>call("start_counters", int.class, 2)).isEqualTo(2);
      assertThat(sandbox.<Integer>call("start_counters", int.class, 2)).isEqualTo(-11);
      assertThat(sandbox.<Integer>call("join_all", int.class)).isEqualTo(3);
    }
  }
}
