package io.hyperlight.threads;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.SourceFile;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Threads wait for futexes of each kind and for signals, and a snapshot is taken. In each sandbox
 * of it, each wait ends as it would have ended.
 */
class ThreadWaitsTest {
  private static final Guest GUEST =
      CompiledGuest.withLibc(SourceFile.of(ThreadWaitsTest.class, "thread_waits.c"));

  private static final int THREADS = 14;

  private static Sandbox waiting() {
    Sandbox sandbox = Sandbox.builder(GUEST).deterministic().memorySize(16 << 20).build();
    assertThat(sandbox.<Integer>call("start", int.class)).isEqualTo(THREADS);
    return sandbox;
  }

  private static String finished(Sandbox sandbox) {
    return sandbox.call("finish", String.class);
  }

  private static String result(String finished, int thread) {
    return finished.split("/ ", -1)[thread + 1].strip();
  }

  @Test
  void eachWaitEndsWithItsResult() {
    try (Sandbox sandbox = waiting()) {
      String all = finished(sandbox);
      List<String> results =
          IntStream.range(0, THREADS).mapToObj(thread -> result(all, thread)).toList();
      assertThat(results.subList(0, 5)).allMatch(text -> text.contains(": 0 as "));
      assertThat(results.subList(5, 9))
          .as("has the lock")
          .allMatch(text -> text.contains(": 100 as "));
      assertThat(results.get(9)).as("the third of several").contains(": 2 as ");
      assertThat(results.get(10)).as("EINTR, masked again").contains(": 996 as ");
      assertThat(results.get(11)).as("SIGUSR2, masked again").contains(": 1012 as ");
      assertThat(results.get(12)).as("EINTR, masked again").contains(": 996 as ");
      assertThat(results.get(13)).as("EINTR").contains(": 4 as ");
      assertThat(IntStream.of(10, 12, 13).mapToObj(results::get))
          .allMatch(text -> text.endsWith("handled 1"));
    }
  }

  /** Leaves out in which order the threads went on. It may differ where nobody waits for it. */
  private static String withoutOrder(String finished) {
    return finished.replaceAll(" as \\d+", "");
  }

  @Test
  void aSnapshotKeepsEachWait() {
    try (Sandbox original = waiting();
        Snapshot snapshot = original.snapshot()) {
      String results = withoutOrder(finished(original));
      try (Sandbox first = snapshot.spawn();
          Sandbox second = snapshot.spawn()) {
        String expected = finished(first);
        assertThat(withoutOrder(expected)).isEqualTo(results);
        assertThat(finished(second)).isEqualTo(expected);
        for (int i = 0; i < 3; i++) {
          first.restore(snapshot);
          assertThat(finished(first)).isEqualTo(expected);
        }
        first.restore(snapshot);
        try (Snapshot again = first.snapshot();
            Sandbox third = again.spawn()) {
          assertThat(finished(third)).isEqualTo(expected);
        }
      }
      original.restore(snapshot);
      assertThat(finished(original)).isEqualTo(expected(snapshot));
    }
  }

  private static String expected(Snapshot snapshot) {
    try (Sandbox spawned = snapshot.spawn()) {
      return finished(spawned);
    }
  }
}
