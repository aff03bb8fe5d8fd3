package io.hyperlight.programs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.SystemCall;
import io.hyperlight.error.GuestAbortException;
import io.hyperlight.error.GuestDeadlockException;
import io.hyperlight.error.GuestExitException;
import io.hyperlight.error.SandboxUnusableException;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.SourceFile;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests the three descriptors that a program starts with, the ways in which it can end, and who is
 * told.
 */
class StandardStreamsTest {
  private static final String PROGRAM =
      SourceFile.of(StandardStreamsTest.class, "standard_streams.c");

  private final ByteArrayOutputStream output = new ByteArrayOutputStream();
  private final ByteArrayOutputStream errors = new ByteArrayOutputStream();
  private final List<SystemCall> calls = new ArrayList<>();
  private final Sandbox sandbox =
      Sandbox.builder(
              CompiledGuest.withLibc(
                  // The test is about wrong arguments.
                  PROGRAM, "-Wno-stringop-overread", "-Wno-stringop-overflow"))
          .hostPrint(new PrintStream(output, true, UTF_8))
          .hostError(new PrintStream(errors, true, UTF_8))
          .systemCallListener(calls::add)
          .build();

  @AfterEach
  void close() {
    sandbox.close();
  }

  @Test
  void outputAndErrorsGoTheirOwnWays() {
    sandbox.call("print_both", void.class);
    assertThat(output.toString(UTF_8)).isEqualTo("out gathered");
    assertThat(errors.toString(UTF_8)).isEqualTo("err moved");
  }

  @Test
  void descriptorsGoBackWithARestore() {
    try (Snapshot snapshot = sandbox.snapshot()) {
      sandbox.call("print_both", void.class);
      try (Snapshot moved = sandbox.snapshot();
          Sandbox spawned = moved.spawn()) {
        spawned.call("print_both", void.class);
        assertThat(errors.toString(UTF_8)).isEqualTo("err movedout err gatheredmoved");
      }
      sandbox.close();
      errors.reset();
      output.reset();
      try (Sandbox spawned = snapshot.spawn()) {
        spawned.call("print_both", void.class);
        spawned.restore(snapshot);
        spawned.call("print_both", void.class);
      }
      assertThat(output.toString(UTF_8)).isEqualTo("out gatheredout gathered");
    }
  }

  @Test
  void descriptorsAnswerAsInTheManual() {
    assertThat(sandbox.<String>call("descriptors", String.class).strip())
        .isEqualTo(
            "read 0, read of output -9, write to input -9, write to none -9,"
                + " write from nowhere -14, write of nothing 0, fstat 0, is a pipe 1,"
                + " fstat of none -9, lseek -29, isatty -25, dup 3, dup2 above 3,"
                + " dup2 to itself 1, dup2 of none -9, dup3 to itself -22, flags 1,"
                + " flags of input 0, F_DUPFD 4, fcntl 99 -22, close 0, close again -9,"
                + " read of closed -9, dup 0, write 1, close -9");
    assertThat(errors.toString(UTF_8)).isEqualTo("x");
  }

  @Test
  void partsAreGatheredAsFarAsTheyCanBe() {
    assertThat(sandbox.<String>call("vectors", String.class).strip())
        .isEqualTo(
            "short 1, bad first -14, bad table -14, too many -22, negative -22,"
                + " negative size -22");
    assertThat(output.toString(UTF_8)).isEqualTo("a");
  }

  @Test
  void pollTellsWhatIsReady() {
    assertThat(sandbox.<String>call("polls", String.class).strip())
        .isEqualTo(
            "ready 2, output 1, none 1, skipped 0, end of input 1, at once 0, soon 0, bad -14,"
                + " too many -22");
  }

  @ParameterizedTest
  @CsvSource({"exit, 0, 0", "exit, 3, 3", "_exit, 255, 255", "exit, 256, 0", "_exit, -1, 255"})
  void anExitTellsItsStatusAndLastWords(String how, int status, int told) {
    assertThatThrownBy(() -> sandbox.call("end", void.class, how, status))
        .isInstanceOfSatisfying(
            GuestExitException.class, exit -> assertThat(exit.status()).isEqualTo(told))
        .hasMessage("the guest exited with status %d: last words", told);
    assertThatThrownBy(() -> sandbox.call("end", void.class, how, status))
        .isInstanceOf(SandboxUnusableException.class);
  }

  @ParameterizedTest
  @CsvSource({"abort, last words", "assert, Assertion `status == 4711' failed."})
  void anAbortTellsItsLastWords(String how, String told) {
    assertThatThrownBy(() -> sandbox.call("end", void.class, how, 1))
        .isInstanceOf(GuestAbortException.class)
        .hasMessageContaining(told);
  }

  @Test
  void wordsOfAnotherCallAreNotItsLast() {
    sandbox.call("print_and_abort_later", void.class, false);
    assertThatThrownBy(() -> sandbox.call("print_and_abort_later", void.class, true))
        .isInstanceOf(GuestAbortException.class)
        .hasMessage("the guest aborted: killed by SIGABRT");
  }

  @Test
  void aStartThatFailsTellsItsStatus() {
    Guest guest =
        CompiledGuest.withLibc(
            """
            #include <hyperlight.h>
            #include <stdio.h>
            HL_EXPORT(void, f)
            void f(void) {}
            int main(void)
            {
                fprintf(stderr, "cannot start\\n");
                return 3;
            }
            """);
    assertThatThrownBy(() -> Sandbox.builder(guest).build())
        .isInstanceOfSatisfying(
            GuestExitException.class, exit -> assertThat(exit.status()).isEqualTo(3))
        .hasMessageContaining("cannot start");
  }

  @ParameterizedTest
  @CsvSource({
    "fork, guest needs other processes (clone)",
    "socket, guest needs a network (socket)",
  })
  void anAbortTellsWhatTheGuestDidNotGet(String what, String told) {
    assertThat(sandbox.<Integer>call("need", int.class, what)).isPositive();
    assertThatThrownBy(() -> sandbox.call("need_and_abort", void.class, what))
        .isInstanceOf(GuestAbortException.class)
        .hasMessageContaining(told);
    assertThatThrownBy(() -> sandbox.call("need", int.class, what))
        .isInstanceOf(SandboxUnusableException.class)
        .hasMessageContaining(told);
  }

  @ParameterizedTest
  @ValueSource(strings = {"futex", "mutex", "pause", "poll"})
  void whatWouldWaitForEverEnds(String how) {
    assertThatThrownBy(() -> sandbox.call("hang", void.class, how))
        .isInstanceOf(GuestDeadlockException.class)
        .hasMessageContaining("the guest can never go on: it waits for");
  }

  @Test
  void aFutexThatNeedNotWaitDoesNot() {
    assertThat(sandbox.<Integer>call("futexes", int.class)).isEqualTo(1);
  }

  @Test
  void refusedCallsAreCountedByName() {
    assertThat(sandbox.refusedSystemCalls()).doesNotContainKey("socket");
    sandbox.call("need", int.class, "socket");
    sandbox.call("need", int.class, "socket");
    assertThat(sandbox.<Long>call("numbered", long.class, 101L)).isEqualTo(-1); // ptrace
    for (long none : new long[] {400, 100_000, Long.MAX_VALUE, -5}) {
      assertThat(sandbox.<Long>call("numbered", long.class, none)).isEqualTo(-38);
    }
    Map<String, Long> refused = sandbox.refusedSystemCalls();
    assertThat(refused).containsEntry("socket", 2L).containsEntry("ptrace", 1L);
    assertThat(refused.values().stream().mapToLong(Long::longValue).sum())
        .isGreaterThanOrEqualTo(7);
    assertThat(refused).hasSizeLessThan(10);
  }

  @Test
  void theListenerHearsOfEachCallWithItsAnswer() {
    calls.clear();
    sandbox.call("numbered", long.class, 400L);
    assertThat(calls).hasSize(1);
    assertThat(calls.getFirst().name()).isEqualTo("system call 400");
    assertThat(calls.getFirst().arguments()).hasSize(6).startsWith(1L, 2L, 3L);
    assertThat(calls.getFirst().result()).isEqualTo(-38);
    calls.clear();
    assertThatThrownBy(() -> sandbox.call("end", void.class, "_exit", 1))
        .isInstanceOf(GuestExitException.class);
    assertThat(calls).extracting(SystemCall::name).containsExactly("write", "exit_group");
  }
}
