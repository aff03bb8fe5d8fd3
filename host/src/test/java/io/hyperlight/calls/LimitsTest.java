package io.hyperlight.calls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Program;
import io.hyperlight.ProgramServer;
import io.hyperlight.ProgramSnapshot;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.GuestLimitException;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.error.SandboxUnusableException;
import io.hyperlight.testing.CProgram;
import io.hyperlight.testing.EndlessGuest;
import io.hyperlight.testing.PendingSignals;
import io.hyperlight.testing.RecordingLogger;
import io.hyperlight.value.Limits;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A guest cannot use more time, calls, bytes or descriptors than its limits allow. */
class LimitsTest {
  private static final Duration SHORT = Duration.ofMillis(30);

  private static void assertTimesOut(
      Runnable call, GuestTimeoutException.Kind kind, Duration limit) {
    assertThatExceptionOfType(GuestTimeoutException.class)
        .isThrownBy(call::run)
        .satisfies(e -> {
          assertThat(e.kind()).isEqualTo(kind);
          assertThat(e.limit()).isEqualTo(limit);
          assertThat(e.location().registers())
              .containsEntry("RIP", e.location().instructionPointer());
        });
    assertThat(PendingSignals.ofThisThread()).isZero();
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
  }

  private static void assertPasses(Runnable call, GuestLimitException.Kind kind, long limit) {
    assertThatExceptionOfType(GuestLimitException.class)
        .isThrownBy(call::run)
        .satisfies(e -> {
          assertThat(e.kind()).isEqualTo(kind);
          assertThat(e.limit()).isEqualTo(limit);
        })
        .withMessageContaining(Long.toString(limit));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"spin", "call_host_for_ever", "system_calls", "nanosleep", "poll", "futex"})
  void aCallEndsAtItsTimeoutWhateverTheGuestDoes(String function) {
    try (Sandbox original = EndlessGuest.builder().callTimeout(SHORT).build();
        Snapshot snapshot = original.snapshot();
        Sandbox sandbox = snapshot.spawn()) {
      for (int round = 0; round < 2; round++) {
        assertTimesOut(
            () -> sandbox.call(function, void.class),
            GuestTimeoutException.Kind.CALL_TIMEOUT,
            SHORT);
        assertThatThrownBy(() -> sandbox.call("add", int.class, 1, 2))
            .isInstanceOf(SandboxUnusableException.class);
        sandbox.restore(snapshot);
        Sandbox.Timed patient = sandbox.within(Limits.FOREVER);
        assertThat(patient.<Integer>call("add", int.class, 1, 2)).isEqualTo(3);
      }
    }
  }

  @Test
  void aHostFunctionsThreadIsInterruptedAtTheTimeout() {
    AtomicBoolean consumed = new AtomicBoolean();
    Runnable host =
        () -> {
          try {
            TimeUnit.DAYS.sleep(1);
          } catch (InterruptedException e) {
            consumed.set(true);
          }
        };
    try (Sandbox sandbox = EndlessGuest.builder(host).callTimeout(SHORT).build()) {
      assertTimesOut(
          () -> sandbox.call("call_host", void.class),
          GuestTimeoutException.Kind.CALL_TIMEOUT,
          SHORT);
    }
    assertThat(consumed).isTrue();
  }

  @Test
  void anExceptionThatTheInterruptCausesIsNotWhatTheCallerGets() {
    PrintStream blocking =
        new PrintStream(new ByteArrayOutputStream()) {
          @Override
          public void write(byte[] bytes, int offset, int length) {
            try {
              TimeUnit.DAYS.sleep(1);
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          }
        };
    try (Sandbox sandbox = EndlessGuest.builder().hostPrint(blocking).callTimeout(SHORT).build()) {
      assertTimesOut(
          () -> sandbox.call("print", void.class), GuestTimeoutException.Kind.CALL_TIMEOUT, SHORT);
    }
  }

  @Test
  void eachCallHasItsOwnTime() {
    Duration timeout = Duration.ofSeconds(1);
    try (Sandbox sandbox = EndlessGuest.builder().callTimeout(timeout).build()) {
      long start = System.nanoTime();
      while (System.nanoTime() - start < timeout.toNanos() * 5 / 4) {
        assertThat(sandbox.<Integer>call("count", int.class, 1_000)).isEqualTo(1_000);
      }
    }
  }

  @Test
  void aSingleCallCanHaveAnotherTimeout() throws Throwable {
    try (Sandbox original = EndlessGuest.builder().build();
        Snapshot snapshot = original.snapshot();
        Sandbox sandbox = snapshot.spawn()) {
      Sandbox.Timed patient = sandbox.within(Duration.ofSeconds(30));
      Sandbox.Timed impatient = sandbox.within(SHORT);
      assertThat(patient.<Integer>call("add", int.class, 1, 2)).isEqualTo(3);
      assertTimesOut(
          () -> impatient.call("spin", void.class), GuestTimeoutException.Kind.CALL_TIMEOUT, SHORT);
      sandbox.restore(snapshot);
      MethodHandle spin = impatient.function("spin");
      assertThatThrownBy(
              () -> {
                spin.invokeExact();
              })
          .isInstanceOf(GuestTimeoutException.class);
      assertThatIllegalArgumentException().isThrownBy(() -> sandbox.within(Duration.ZERO));
    }
  }

  @Test
  void processorTimeIsLimited() {
    try (Sandbox sandbox = EndlessGuest.builder().cpuTimeLimit(SHORT).build()) {
      assertTimesOut(
          () -> sandbox.call("spin", void.class), GuestTimeoutException.Kind.CPU_TIME, SHORT);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"spin", "system_calls"})
  void soItIsOnAVirtualThread(String function) throws InterruptedException {
    AtomicReference<Throwable> end = new AtomicReference<>();
    try (Sandbox sandbox = EndlessGuest.builder().cpuTimeLimit(SHORT).build()) {
      Thread.ofVirtual()
          .start(() -> {
            try {
              sandbox.call(function, void.class);
            } catch (GuestTimeoutException e) {
              end.set(e);
            }
          })
          .join();
    }
    assertThat(end.get())
        .isInstanceOfSatisfying(
            GuestTimeoutException.class,
            e -> assertThat(e.kind()).isEqualTo(GuestTimeoutException.Kind.CPU_TIME));
  }

  @Test
  void aGuestThatSleepsUsesNoProcessorTime() {
    try (Sandbox sandbox =
        EndlessGuest.builder()
            .callTimeout(Duration.ofMillis(300))
            .cpuTimeLimit(Duration.ofMillis(250))
            .build()) {
      assertTimesOut(
          () -> sandbox.call("nanosleep", void.class),
          GuestTimeoutException.Kind.CALL_TIMEOUT,
          Duration.ofMillis(300));
    }
  }

  @Test
  void hostCallsAreCountedForEachCall() {
    try (Sandbox sandbox =
        EndlessGuest.builder().limits(Limits.DEFAULT.withHostCalls(10)).build()) {
      for (int call = 0; call < 3; call++) {
        assertThat(sandbox.<Long>call("pass", long.class, 10L, 1L)).isEqualTo(10);
      }
      assertPasses(
          () -> sandbox.call("pass", long.class, 11L, 1L), GuestLimitException.Kind.HOST_CALLS, 10);
      assertThatThrownBy(() -> sandbox.call("add", int.class, 1, 2))
          .isInstanceOf(SandboxUnusableException.class)
          .hasCauseInstanceOf(GuestLimitException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"pass", "fetch"})
  void soAreBytesInBothDirections(String function) {
    try (Sandbox sandbox =
        EndlessGuest.builder().limits(Limits.DEFAULT.withHostCallBytes(1_000)).build()) {
      for (int call = 0; call < 3; call++) {
        assertThat(sandbox.<Long>call(function, long.class, 10L, 100L)).isEqualTo(1_000);
      }
      assertPasses(
          () -> sandbox.call(function, long.class, 11L, 100L),
          GuestLimitException.Kind.HOST_CALL_BYTES,
          1_000);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"pass", "fetch"})
  void aValueThatIsPassedHasALargestSize(String function) {
    try (Sandbox sandbox =
        EndlessGuest.builder().limits(Limits.DEFAULT.withValueBytes(1_000)).build()) {
      assertThat(sandbox.<Long>call(function, long.class, 10L, 1_000L)).isEqualTo(10_000);
      assertPasses(
          () -> sandbox.call(function, long.class, 1L, 1_001L),
          GuestLimitException.Kind.VALUE_BYTES,
          1_000);
    }
  }

  @Test
  void soHasAResult() {
    try (Sandbox sandbox =
        EndlessGuest.builder().limits(Limits.DEFAULT.withValueBytes(1_000)).build()) {
      assertThat(sandbox.<byte[]>call("large", byte[].class, 1_000L)).hasSize(1_000);
      assertPasses(
          () -> sandbox.call("large", byte[].class, 1_001L),
          GuestLimitException.Kind.VALUE_BYTES,
          1_000);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"print", "log_lines", "empty_log_lines"})
  void outputIsLimitedAndNotMoreOfItArrives(String function) {
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    try (Sandbox sandbox =
        EndlessGuest.builder()
            .hostPrint(new PrintStream(printed))
            .logger(new RecordingLogger())
            .limits(Limits.DEFAULT.withOutputBytes(1_000))
            .build()) {
      assertPasses(
          () -> sandbox.call(function, void.class), GuestLimitException.Kind.OUTPUT_BYTES, 1_000);
    }
    assertThat(printed.size()).isLessThanOrEqualTo(1_000);
  }

  @Test
  void anEmptyLineOfTheLogIsOneTooManyWhereNothingMayBePrinted() {
    RecordingLogger logger = new RecordingLogger();
    Limits nothing =
        Limits.DEFAULT
            .withHostCalls(0)
            .withHostCallBytes(0)
            .withValueBytes(0)
            .withOutputBytes(0)
            .withSystemCalls(0);
    try (Sandbox sandbox = EndlessGuest.builder().logger(logger).limits(nothing).build()) {
      assertPasses(
          () -> sandbox.call("empty_log_line", void.class),
          GuestLimitException.Kind.OUTPUT_BYTES,
          0);
    }
    assertThat(logger.lines()).isEmpty();
  }

  @Test
  void systemCallsAreLimited() {
    try (Sandbox sandbox =
        EndlessGuest.builder().limits(Limits.DEFAULT.withSystemCalls(100)).build()) {
      assertPasses(
          () -> sandbox.call("system_calls", void.class),
          GuestLimitException.Kind.SYSTEM_CALLS,
          100);
    }
  }

  @Test
  void descriptorsAreLimitedForTheGuestToDealWith() {
    try (Sandbox sandbox = EndlessGuest.builder().limits(Limits.NONE.withOpenFiles(5)).build()) {
      assertThat(sandbox.<Long>call("dup", long.class, 1L)).isEqualTo(3);
      assertThat(sandbox.<Long>call("dup", long.class, 1L)).isEqualTo(4);
      assertThat(sandbox.<Long>call("dup", long.class, 1L)).isEqualTo(-24); // EMFILE
      assertThat(sandbox.<Integer>call("add", int.class, 1, 2)).isEqualTo(3);
    }
  }

  @Test
  void sandboxesOfASnapshotHaveItsLimitsButForWhatTheirSpawnerSays() {
    Limits limits = Limits.DEFAULT.withSystemCalls(10).withCallTimeout(Duration.ofSeconds(20));
    try (Sandbox original = EndlessGuest.builder().limits(limits).build();
        Snapshot snapshot = original.snapshot();
        Sandbox same = snapshot.spawn();
        Sandbox other = snapshot.spawner().callTimeout(Duration.ofSeconds(10)).spawn();
        Sandbox free = snapshot.spawner().limits(Limits.NONE).callTimeout(SHORT).spawn()) {
      assertPasses(
          () -> same.call("system_calls", void.class), GuestLimitException.Kind.SYSTEM_CALLS, 10);
      assertPasses(
          () -> other.call("system_calls", void.class), GuestLimitException.Kind.SYSTEM_CALLS, 10);
      assertTimesOut(
          () -> free.call("system_calls", void.class),
          GuestTimeoutException.Kind.CALL_TIMEOUT,
          SHORT);
    }
  }

  @Test
  void limitsThatMakeNoSenseAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Limits.DEFAULT.withCallTimeout(Duration.ZERO));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Limits.DEFAULT.withCpuTime(Duration.ofNanos(-1)));
    assertThatIllegalArgumentException().isThrownBy(() -> Limits.DEFAULT.withHostCalls(-1));
    assertThatIllegalArgumentException().isThrownBy(() -> Limits.DEFAULT.withOpenFiles(2));
    assertThatIllegalArgumentException().isThrownBy(() -> Limits.DEFAULT.withOpenFiles(257));
    assertThat(Limits.NONE.callTimeoutNanos()).isEqualTo(Long.MAX_VALUE / 2);
    assertThat(Limits.NONE.cpuTimeNanos()).isEqualTo(Long.MAX_VALUE / 2);
    assertThat(Limits.DEFAULT.callTimeoutNanos()).isEqualTo(60_000_000_000L);
    assertThat(Limits.DEFAULT.cpuTimeNanos()).isEqualTo(Long.MAX_VALUE / 2);
  }

  private static final Path PROGRAM =
      CProgram.compile(
          """
          #include <stdio.h>
          #include <string.h>
          int main(int count, char **arguments)
          {
            char line[100];
            while (count > 1 && fgets(line, sizeof line, stdin)) {
              if (!strcmp(line, "quit\\n")) return 0;
              if (!strcmp(line, "spin\\n")) break;
              puts(line);
              fflush(stdout);
            }
            for (;;) __asm__ volatile("");
          }
          """,
          List.of("-static"));

  @Test
  void aRunOfAProgramEndsAtItsTimeout() {
    assertTimesOut(
        () -> Program.of(PROGRAM).callTimeout(SHORT).run(),
        GuestTimeoutException.Kind.CALL_TIMEOUT,
        SHORT);
  }

  @Test
  void soDoesAnAnswer() {
    try (ProgramServer starting = Program.of(PROGRAM).args("serve").startServing();
        ProgramSnapshot snapshot = starting.snapshot();
        ProgramServer sandbox = snapshot.spawner().callTimeout(SHORT).spawn()) {
      byte[] spin = {'s', 'p', 'i', 'n', '\n'};
      assertTimesOut(() -> sandbox.serve(spin), GuestTimeoutException.Kind.CALL_TIMEOUT, SHORT);
      sandbox.restore(snapshot);
      assertThatThrownBy(() -> sandbox.within(SHORT).serve(spin))
          .isInstanceOf(GuestTimeoutException.class);
      sandbox.restore(snapshot);
      assertThat(
              sandbox
                  .within(Limits.FOREVER)
                  .serve("quit\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII)))
          .isEmpty();
    }
  }

  @Test
  void aProgramThatNeverSaysThatItServesEndsAtItsTimeout() {
    assertTimesOut(
        () -> Program.of(PROGRAM).callTimeout(SHORT).startServing().close(),
        GuestTimeoutException.Kind.CALL_TIMEOUT,
        SHORT);
  }
}
