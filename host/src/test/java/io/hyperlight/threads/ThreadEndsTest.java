package io.hyperlight.threads;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.hyperlight.Program;
import io.hyperlight.ProgramResult;
import io.hyperlight.error.GuestDeadlockException;
import io.hyperlight.error.GuestException;
import io.hyperlight.error.GuestThread;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.value.Limits;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How programs with several threads end, and what the exceptions tell of each thread. */
class ThreadEndsTest {
  private static final Path PROGRAM =
      CompiledGuest.program(SourceFile.of(ThreadEndsTest.class, "thread_ends.c"));

  private static Program program(String... arguments) {
    return Program.of(PROGRAM.toAbsolutePath()).args(arguments);
  }

  private static List<String> names(GuestException e) {
    return e.threads().stream().map(GuestThread::name).toList();
  }

  private static List<String> states(GuestException e) {
    return e.threads().stream().map(GuestThread::state).toList();
  }

  @Test
  void aDeadlockListsAllThreadsWithTheirNamesAndWhereTheyWait() {
    GuestDeadlockException deadlock =
        catchThrowableOfType(GuestDeadlockException.class, () -> program("join").run());

    assertThat(deadlock.threads()).extracting(GuestThread::number).containsExactly(1, 2, 3);
    assertThat(names(deadlock).subList(1, 3)).containsExactly("a\ufffd[1mloud one", "silent");
    assertThat(states(deadlock)).allMatch(state -> state.contains("futex"));
    assertThat(deadlock.threads())
        .allMatch(thread -> thread.location().symbol().isPresent())
        .allMatch(thread -> thread.location().registers().containsKey("RIP"));
    assertThat(deadlock)
        .hasMessageContaining("can never go on")
        .hasMessageContaining("thread 1 (")
        .hasMessageContaining("thread 2 (a\ufffd[1mloud one) waits for")
        .hasMessageContaining("thread 3 (silent) waits for");
  }

  @Test
  void aMessageListsSomeDozensOfThreadsAndTheExceptionAll() {
    GuestDeadlockException deadlock =
        catchThrowableOfType(GuestDeadlockException.class, () -> program("join", "100").run());

    assertThat(deadlock.threads()).hasSize(101);
    assertThat(String.valueOf(deadlock.getMessage()).lines()).hasSize(1 + 32 + 1);
    assertThat(deadlock).hasMessageEndingWith("and 69 more");
  }

  @Test
  void aTimeoutListsThreadsThatRunAndThatAreReady() {
    GuestTimeoutException timeout =
        catchThrowableOfType(
            GuestTimeoutException.class,
            () -> program("spin").callTimeout(Duration.ofMillis(300)).run());

    assertThat(timeout.threads()).hasSize(4);
    assertThat(List.of(states(timeout).getFirst(), states(timeout).getLast()))
        .containsExactlyInAnyOrder("runs", "is ready");
    assertThat(timeout.threads().getLast().location().symbol().orElseThrow()).contains("spins");
    assertThat(timeout).hasMessageContaining("took longer").hasMessageContaining("thread 4 (");
  }

  @Test
  void aTimeoutTellsWhereTheThreadIsThatIsLeft() {
    GuestTimeoutException timeout =
        catchThrowableOfType(
            GuestTimeoutException.class,
            () -> program("sleep", "0").callTimeout(Duration.ofMillis(300)).run());

    assertThat(timeout.threads()).isEmpty();
    assertThat(timeout.location().symbol().orElseThrow()).contains("nanosleep");
  }

  @Test
  void aFaultListsAllThreadsAndEndsTheWholeProcess() {
    ProgramResult result = program("fault").run();

    assertThat(result.status()).isEqualTo(128 + 11);
    GuestException fault = (GuestException) result.failure().orElseThrow();
    assertThat(fault.threads()).hasSize(4);
    assertThat(states(fault).getLast()).isEqualTo("runs");
    assertThat(fault.threads().getLast().location().symbol().orElseThrow()).contains("faults");
    assertThat(fault).hasMessageContaining("thread 4 (");
  }

  @Test
  void theThreadsOfAnExceptionAreSerialised() throws IOException, ClassNotFoundException {
    GuestDeadlockException deadlock =
        catchThrowableOfType(GuestDeadlockException.class, () -> program("join").run());

    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(deadlock);
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      GuestDeadlockException read = (GuestDeadlockException) in.readObject();
      assertThat(read).hasMessage(deadlock.getMessage());
      assertThat(read.threads()).hasSize(3);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"exit", "kill", "first", "last", "pthread_exit"})
  void aProgramEndsAsNatively(String how) throws Exception {
    Command.RawResult expected =
        Command.runAlone(List.of(PROGRAM.toAbsolutePath().toString(), how, "0"), new byte[0]);

    ProgramResult result = program(how, "0").run();

    assertThat(new String(result.output(), UTF_8)).isEqualTo(new String(expected.output(), UTF_8));
    assertThat(result.status()).isEqualTo(expected.status());
  }

  @ParameterizedTest
  @ValueSource(strings = {"exit", "kill", "last"})
  void threadsThatWaitDoNotKeepAProgramFromItsEnd(String how) {
    assertThat(program(how).run().status()).isEqualTo(program(how, "0").run().status());
  }

  @Test
  void aProgramThatMakesMoreThreadsThanItMayIsToldSo() {
    Program limited = program("exit", "5").limits(Limits.DEFAULT.withThreads(4));

    ProgramResult result = limited.run();

    assertThat(result.status()).isEqualTo(1);
    assertThat(new String(result.error(), UTF_8))
        .isEqualTo("no thread: Resource temporarily unavailable\n");
    assertThat(result.failure().orElseThrow())
        .hasMessageContaining("guest needs more threads than its limits allow (clone)");
    assertThat(result.refusedSystemCalls()).containsEntry("clone3", 1L);
  }

  @Test
  void anEndedThreadIsNotCounted() {
    assertThat(program("last", "0").limits(Limits.DEFAULT.withThreads(2)).run().status())
        .isEqualTo(4);
  }

  @Test
  void theFirstThreadCountsToo() {
    assertThat(program("last", "0").limits(Limits.DEFAULT.withThreads(1)).run().status())
        .isEqualTo(1);
    assertThatThrownBy(() -> Limits.DEFAULT.withThreads(0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Limits.DEFAULT.withThreads(257))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
