package io.hyperlight.threads;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Program;
import io.hyperlight.ProgramServer;
import io.hyperlight.ProgramSnapshot;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.ResetOracle;
import io.hyperlight.testing.SourceFile;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * A served program rests when one thread waits for its request and no other can run. Its snapshot
 * has all threads, wherever they wait.
 */
class ServedThreadsTest {
  private static final String SOURCE = SourceFile.of(ServedThreadsTest.class, "served_threads.c");

  private static ProgramServer start() {
    return Program.of(CompiledGuest.program(SOURCE).toAbsolutePath()).startServing();
  }

  private static String serve(ProgramServer server, String request) {
    return new String(server.serve(request.getBytes(UTF_8)), UTF_8);
  }

  /** What the program answers to its nth request, if each of its threads answers. */
  private static String expected(String request, int n) {
    StringBuilder answer = new StringBuilder(request).append(':');
    for (int way = 0; way < 6; way++) {
      double value = way;
      for (int i = 1; i <= n; i++) {
        value = value * 1.5 + i;
      }
      answer.append(" %d/%x".formatted(n, Double.doubleToRawLongBits(value)));
    }
    return answer.append('\n').toString();
  }

  @Test
  void allThreadsAnswerRequestAfterRequest() {
    try (ProgramServer server = start()) {
      for (int n = 1; n <= 20; n++) {
        assertThat(serve(server, "request" + n)).isEqualTo(expected("request" + n, n));
      }
    }
  }

  @Test
  void eachServerThatIsSpawnedHasThreadsThatGoOnWhereTheyWaited() {
    try (ProgramServer original = start();
        ProgramSnapshot snapshot = original.snapshot();
        ProgramServer first = snapshot.spawn();
        ProgramServer second = snapshot.spawn()) {
      assertThat(serve(first, "a")).isEqualTo(expected("a", 1));
      assertThat(serve(first, "b")).isEqualTo(expected("b", 2));
      assertThat(serve(second, "c")).isEqualTo(expected("c", 1));
      assertThat(serve(original, "d")).isEqualTo(expected("d", 1));
      assertThat(new String(snapshot.serve("e".getBytes(UTF_8)), UTF_8))
          .isEqualTo(expected("e", 1));
    }
  }

  @Test
  void aSnapshotOfALaterRestHasWhatTheThreadsHaveDone() {
    try (ProgramServer original = start()) {
      assertThat(serve(original, "a")).isEqualTo(expected("a", 1));
      assertThat(serve(original, "b")).isEqualTo(expected("b", 2));
      try (ProgramSnapshot snapshot = original.snapshot();
          ProgramServer spawned = snapshot.spawn()) {
        assertThat(serve(spawned, "c")).isEqualTo(expected("c", 3));
        try (ProgramSnapshot again = spawned.snapshot();
            ProgramServer grandchild = again.spawn()) {
          assertThat(serve(grandchild, "d")).isEqualTo(expected("d", 4));
        }
      }
    }
  }

  @Test
  void aRestoreInPlaceBringsBackAllThreads() {
    try (ProgramServer original = start();
        ProgramSnapshot snapshot = original.snapshot();
        ProgramServer server = snapshot.spawn()) {
      for (int i = 0; i < 50; i++) {
        assertThat(serve(server, "a")).isEqualTo(expected("a", 1));
        if (i % 3 == 0) {
          assertThat(serve(server, "b")).isEqualTo(expected("b", 2));
        }
        if (i % 10 == 0) {
          assertThatThrownBy(
                  () -> server.within(Duration.ofMillis(30)).serve("spin".getBytes(UTF_8)))
              .isInstanceOfSatisfying(
                  GuestTimeoutException.class, timeout -> assertThat(timeout.threads()).hasSize(8));
        }
        server.restore(snapshot);
      }
    }
  }

  /** Nothing of the thread of the embedder is in the program's state, such as its own time. */
  @Test
  void aRestoredProgramEqualsANewbornOne() {
    try (ProgramServer original = start();
        ProgramSnapshot snapshot = original.snapshot();
        ProgramServer server = snapshot.spawn()) {
      for (int i = 0; i < 5; i++) {
        assertThat(serve(server, "a")).isEqualTo(expected("a", 1));
        server.restore(snapshot);
        try (ProgramServer newborn = snapshot.spawn()) {
          assertThat(ResetOracle.differences(newborn, server)).isEmpty();
        }
      }
    }
  }

  @Test
  void theSameWorldGoesOnInManyMachinesAtOnce() {
    try (ProgramServer original = start();
        ProgramSnapshot snapshot = original.snapshot()) {
      List<String> answers =
          IntStream.range(0, 40)
              .parallel()
              .mapToObj(i -> {
                try (ProgramServer server = snapshot.spawn()) {
                  return serve(server, "x") + serve(server, "y");
                }
              })
              .toList();
      assertThat(answers).containsOnly(expected("x", 1) + expected("y", 2));
    }
  }
}
