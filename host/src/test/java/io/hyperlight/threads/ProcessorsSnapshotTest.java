package io.hyperlight.threads;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.hyperlight.Guest;
import io.hyperlight.Program;
import io.hyperlight.ProgramServer;
import io.hyperlight.ProgramSnapshot;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.CallInterruptedException;
import io.hyperlight.error.GuestDeadlockException;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.internal.os.HostThreads;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.SourceFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Sandboxes whose threads run on several processors are stopped, frozen and restored. A snapshot
 * does not depend on the number of processors.
 */
class ProcessorsSnapshotTest {
  private static final Guest GUEST =
      CompiledGuest.withLibc(SourceFile.of(ProcessorsSnapshotTest.class, "threaded_functions.c"));

  private static final Path ENDS =
      CompiledGuest.program(SourceFile.of(ProcessorsSnapshotTest.class, "thread_ends.c"));

  private static Sandbox.Builder builder(int processors) {
    return Sandbox.builder(GUEST)
        .hostFunction("twice", (Integer number) -> 2 * number)
        .hostFunction("greet", (String name) -> "Hello, " + name + "!")
        .processors(processors);
  }

  private static long sum(Sandbox sandbox) {
    return sandbox.<Long>call("sum", long.class);
  }

  private static void goOn(Sandbox sandbox, int counters) {
    long before = sum(sandbox);
    while (sum(sandbox) < before + 30) {
      sandbox.<Long>call("smallest_after", long.class, 10);
    }
    assertThat(sandbox.<Integer>call("join_all", int.class)).isEqualTo(counters);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void threadsGoOnInSandboxesWithAnyNumberOfProcessors(int processors) {
    try (Sandbox sandbox = builder(processors).build()) {
      sandbox.<Integer>call("start_counters", int.class, 3);
      for (int round = 0; round < 3; round++) {
        sandbox.<Long>call("smallest_after", long.class, 5);
        try (Snapshot snapshot = sandbox.snapshot()) {
          long frozen = snapshotSum(snapshot);
          for (int other = 1; other <= 3; other++) {
            try (Sandbox spawned = snapshot.spawner().processors(other).spawn()) {
              goOn(spawned, 3);
              spawned.restore(snapshot);
              goOn(spawned, 3);
              spawned.restore(snapshot);
              assertThat(sum(spawned)).isGreaterThanOrEqualTo(frozen);
            }
          }
        }
      }
      goOn(sandbox, 3);
    }
  }

  private static long snapshotSum(Snapshot snapshot) {
    try (Sandbox spawned = snapshot.spawner().processors(1).spawn()) {
      return spawned.<Long>call("smallest_after", long.class, 0);
    }
  }

  @Test
  void workersOnOtherProcessorsAnswerCallAfterCall() {
    try (Sandbox sandbox = builder(2).build()) {
      assertThat(sandbox.<Integer>call("start_workers", int.class, 4)).isEqualTo(4);
      for (int i = 1; i <= 50; i++) {
        assertThat(sandbox.<Integer>call("work", int.class, 3)).isEqualTo(3 * i);
      }
    }
  }

  @Test
  void hostFunctionsRunOnTheCallersThreadEvenIfThatIsVirtual() throws Exception {
    Set<Thread> callers = new HashSet<>();
    FutureTask<Integer> call =
        new FutureTask<>(() -> {
          Sandbox.Builder builder =
              Sandbox.builder(GUEST)
                  .hostFunction(
                      "twice",
                      (Integer number) -> {
                        callers.add(Thread.currentThread());
                        return 2 * number;
                      })
                  .hostFunction("greet", (String name) -> name)
                  .processors(2);
          try (Sandbox sandbox = builder.build()) {
            sandbox.<Integer>call("start_counters", int.class, 2);
            int result = sandbox.<Integer>call("twice_by_thread", int.class, 21);
            sandbox.<Integer>call("join_all", int.class);
            return result;
          }
        });
    Thread virtual = Thread.ofVirtual().start(call);
    assertThat(call.get()).isEqualTo(42);
    assertThat(callers).containsExactly(virtual);
  }

  /** The limit of processor time does not count what another thread does meanwhile. */
  @Test
  void aCallDoesNotPayForTheThreadThatMadeTheCallBefore() throws Exception {
    Duration limit = Duration.ofMillis(100);
    CountDownLatch hasComputed = new CountDownLatch(1);
    try (Sandbox original = builder(2).build()) {
      original.<Integer>call("start_workers", int.class, 3);
      original.<Integer>call("work", int.class, 3);
      try (Snapshot snapshot = original.snapshot();
          Sandbox sandbox =
              snapshot
                  .spawner()
                  .cpuTimeLimit(limit)
                  .hostFunction("twice", (Integer number) -> awaited(hasComputed, 2 * number))
                  .spawn()) {
        sandbox.restore(snapshot); // from here on it is restored in place
        sandbox.<Integer>call("work", int.class, 1);
        sandbox.<Long>call("sum", long.class); // on the first vCPU, by this thread
        sandbox.restore(snapshot); // all workers look whether there is work
        FutureTask<Integer> call =
            new FutureTask<>(() -> sandbox.<Integer>call("twice_by_thread", int.class, 21));
        Thread.ofPlatform().start(call);
        compute(limit.multipliedBy(8));
        hasComputed.countDown();
        assertThat(call.get()).isEqualTo(42);
      }
    }
  }

  private static int awaited(CountDownLatch latch, int result) {
    try {
      latch.await();
      return result;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void compute(Duration time) {
    int thread = HostThreads.current();
    long end = HostThreads.processorNanos(thread) + time.toNanos();
    while (HostThreads.processorNanos(thread) < end) {
      Thread.onSpinWait();
    }
  }

  private static Program spinning() {
    return Program.of(ENDS.toAbsolutePath()).args("spin").processors(2);
  }

  @Test
  void anInterruptEndsThreadsOnAllProcessors() throws Exception {
    for (boolean virtual : new boolean[] {false, true}) {
      FutureTask<Boolean> run =
          new FutureTask<>(() -> {
            CallInterruptedException interrupted =
                catchThrowableOfType(CallInterruptedException.class, () -> spinning().run());
            return interrupted.begun() && Thread.interrupted();
          });
      Thread thread = (virtual ? Thread.ofVirtual() : Thread.ofPlatform()).start(run);
      while (!isWaiting(thread)) {
        Thread.onSpinWait();
      }
      thread.interrupt();
      assertThat(run.get()).isTrue();
    }
  }

  /** The thread of the call waits while others run the processors. */
  private static boolean isWaiting(Thread thread) {
    for (StackTraceElement element : thread.getStackTrace()) {
      if (element.getClassName().endsWith(".VcpuTeam")) {
        return true;
      }
    }
    return false;
  }

  @Test
  void aDeadlockIsFoundWithSeveralProcessors() {
    for (int processors = 1; processors <= 3; processors++) {
      Program joining = Program.of(ENDS.toAbsolutePath()).args("join").processors(processors);
      GuestDeadlockException deadlock =
          catchThrowableOfType(GuestDeadlockException.class, joining::run);
      assertThat(deadlock.threads()).hasSize(3).allMatch(t -> t.state().contains("futex"));
    }
  }

  @Test
  void aSandboxIsRestoredAfterItsThreadsWereStoppedOnAllProcessors() {
    try (Sandbox sandbox = builder(2).build()) {
      sandbox.<Integer>call("start_counters", int.class, 3);
      try (Snapshot snapshot = sandbox.snapshot()) {
        for (int i = 0; i < 5; i++) {
          assertThat(
                  catchThrowableOfType(
                      GuestTimeoutException.class,
                      () ->
                          sandbox
                              .within(Duration.ofMillis(20))
                              .<Long>call("smallest_after", long.class, Integer.MAX_VALUE)))
              .isNotNull();
          sandbox.restore(snapshot);
        }
        goOn(sandbox, 3);
      }
    }
  }

  @Test
  void aServedProgramAnswersWithAnyNumberOfProcessors() {
    Program program =
        Program.of(
                CompiledGuest.program(
                        SourceFile.of(ProcessorsSnapshotTest.class, "served_threads.c"))
                    .toAbsolutePath())
            .processors(2);
    List<String> answers = new ArrayList<>();
    try (ProgramServer server = program.startServing();
        ProgramSnapshot snapshot = server.snapshot()) {
      for (int processors = 1; processors <= 3; processors++) {
        try (ProgramServer spawned = snapshot.spawner().processors(processors).spawn()) {
          StringBuilder all = new StringBuilder();
          for (int i = 0; i < 5; i++) {
            all.append(new String(spawned.serve("request".getBytes(UTF_8)), UTF_8));
          }
          spawned.restore(snapshot);
          answers.add(all + new String(spawned.serve("last".getBytes(UTF_8)), UTF_8));
        }
      }
    }
    assertThat(answers.getFirst()).contains("request: 5/");
    assertThat(answers).allMatch(answers.getFirst()::equals);
  }

  @Test
  void noThreadIsLeftOfClosedSandboxes() throws InterruptedException {
    try (Sandbox sandbox = builder(2).build()) {
      sandbox.<Integer>call("start_counters", int.class, 2);
      sandbox.<Long>call("smallest_after", long.class, 5);
      assertThat(teamThreads()).isNotEmpty();
    }
    for (Thread thread : teamThreads()) {
      thread.join();
    }
  }

  private static List<Thread> teamThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().matches("hyperlight-processor-\\d+"))
        .toList();
  }
}
