package io.hyperlight.linux;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.FileTree;
import io.hyperlight.Guest;
import io.hyperlight.Program;
import io.hyperlight.ProgramResult;
import io.hyperlight.ProgramServer;
import io.hyperlight.ProgramSnapshot;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.Needs;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.testing.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Guests read clocks without a system call, where the host's kernel computes time from the same
 * counter. Everywhere they read the same as by system calls.
 */
@Tag("slow")
class VdsoTest {
  private static final Path CLOCK_SOURCE =
      Path.of("/sys/devices/system/clocksource/clocksource0/current_clocksource");

  private static final String PROGRAM = SourceFile.of(VdsoTest.class, "clock_reads.c");
  private static final Guest GUEST =
      CompiledGuest.withLibc(SourceFile.of(VdsoTest.class, "clock_functions.c"));

  private static final int[] CLOCKS = {0, 1, 4, 5, 6, 7, 11};

  /** How many reads of clocks a round of the program makes. */
  private static final int READS_OF_A_ROUND = 9;

  /** A second is time for so many lines, after each of which a guest makes a system call. */
  private static final int LINES_OF_A_SECOND = 10;

  /** What a program may ask until the first line is there, and what else it asks. */
  private static final int OTHERS = 150;

  /** More reads than the host needs to know its counter. */
  private static final int MANY = 10_000;

  private static boolean guestsComputeTime() {
    try {
      return Files.readString(CLOCK_SOURCE).strip().equals("tsc");
    } catch (IOException e) {
      return false;
    }
  }

  private static Program program(String... arguments) {
    return Program.of(CompiledGuest.program(PROGRAM).toAbsolutePath()).args(arguments);
  }

  static Stream<Program> programsOfAllLibraries() {
    Program dynamic = Program.of(CompiledGuest.program(PROGRAM, "gcc", "-O2").toAbsolutePath());
    for (String folder : new String[] {"/usr", "/lib", "/lib64"}) {
      dynamic.mount(folder, FileTree.directory(Path.of(folder)));
    }
    return Stream.of(
        program(),
        dynamic,
        Program.of(CompiledGuest.program(PROGRAM, "musl-gcc", "-static").toAbsolutePath()));
  }

  private static ProgramResult succeed(Program program) {
    ProgramResult result = program.run();
    assertThat(result.outputText())
        .as(result.failure().map(Throwable::getMessage).orElse(result.errorText()))
        .isEqualTo("end\n");
    return result;
  }

  @ParameterizedTest
  @MethodSource("programsOfAllLibraries")
  @Needs(Tool.MUSL)
  @NotInHardwareLane("The lane has neither the other library nor the dynamic loader's folders.")
  void readsOfClocksAreNoSystemCalls(Program program) {
    assertFewCalls(program, 20_000);
  }

  @Test
  void readsOfClocksOfAStaticProgramAreNoSystemCalls() {
    assertFewCalls(program(), 2_000);
  }

  private static void assertFewCalls(Program program, int rounds) {
    ProgramResult result = succeed(program.args("read", Integer.toString(rounds)));
    long calls = result.usage().systemCalls();
    if (guestsComputeTime()) {
      long seconds = result.usage().wallTime().toSeconds() + 1;
      assertThat(calls).isLessThan(OTHERS + seconds * LINES_OF_A_SECOND);
    } else {
      assertThat(calls).isGreaterThan((long) rounds * READS_OF_A_ROUND);
    }
  }

  @Test
  void systemCallsGiveTheSameTime() {
    succeed(program("alternate", "2000"));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7})
  void timePassesAsOnTheHostWhateverTheLine(int clock) {
    try (Sandbox sandbox = Sandbox.builder(GUEST).build()) {
      long guest = read(sandbox, clock);
      long before = System.nanoTime();
      for (int i = 0; i < 20; i++) {
        long earliest = System.nanoTime() - before;
        long now = read(sandbox, clock) - guest;
        long latest = System.nanoTime() - before;
        // The first reading may be from before the first time of the host, but not after it.
        assertThat(now).isGreaterThan(earliest - 1_000_000);
        assertThat(now - latest).isLessThan(TimeUnit.SECONDS.toNanos(10));
        assertThat(sandbox.<Long>call("steps_back", long.class, clock, 5_000)).isZero();
      }
    }
  }

  @Test
  void realTimeIsThatOfTheHost() {
    try (Sandbox sandbox = Sandbox.builder(GUEST).build()) {
      for (int i = 0; i < 50; i++) {
        long before = nanos(Instant.now());
        long now = read(sandbox, 0);
        long after = nanos(Instant.now());
        assertThat(now).isBetween(before - 1_000_000, after + 1_000_000);
      }
    }
  }

  private static long nanos(Instant instant) {
    return instant.getEpochSecond() * 1_000_000_000L + instant.getNano();
  }

  private static long read(Sandbox sandbox, int clock) {
    return sandbox.<Long>call("read_clock", long.class, clock);
  }

  /** Reads a clock until the host has written numbers, if it does so here. */
  private static void begin(Sandbox sandbox) {
    int reads = 0;
    do {
      read(sandbox, 1);
      assertThat(++reads).as("the host does not write numbers").isLessThan(MANY);
    } while (guestsComputeTime() && !hasNumbers(sandbox));
  }

  private static boolean hasNumbers(Sandbox sandbox) {
    return sandbox.<Integer>call("has_numbers", int.class) != 0;
  }

  @Test
  void aGuestHasNumbersOnlyFromItsFirstQuestionOnAndSoHasEachThatIsSpawnedOrRestored() {
    try (Sandbox sandbox = Sandbox.builder(GUEST).build()) {
      assertThat(hasNumbers(sandbox)).isFalse();
      begin(sandbox);
      assertThat(hasNumbers(sandbox)).isEqualTo(guestsComputeTime());
      try (Snapshot snapshot = sandbox.snapshot();
          Sandbox spawned = snapshot.spawn()) {
        for (int i = 0; i < 20; i++) {
          assertThat(hasNumbers(spawned)).isFalse();
          begin(spawned);
          assertThat(hasNumbers(spawned)).isEqualTo(guestsComputeTime());
          spawned.restore(snapshot);
        }
        begin(sandbox);
        assertThat(hasNumbers(sandbox)).isEqualTo(guestsComputeTime());
      }
    }
  }

  @Test
  void monotonicTimeStandsStillWhileFrozenAndOthersGoOn() throws InterruptedException {
    try (Sandbox sandbox = Sandbox.builder(GUEST).build()) {
      begin(sandbox);
      long[] frozen = new long[CLOCKS.length];
      for (int i = 0; i < frozen.length; i++) {
        frozen[i] = read(sandbox, CLOCKS[i]);
      }
      long hostBefore = System.nanoTime();
      try (Snapshot snapshot = sandbox.snapshot();
          Sandbox spawned = snapshot.spawn()) {
        long hostFrozen = System.nanoTime();
        TimeUnit.MILLISECONDS.sleep(50); // time passes: that is the subject
        for (int round = 0; round < 3; round++) {
          for (int way = 0; way < 2; way++) {
            for (int i = 0; i < frozen.length; i++) {
              boolean standsStill = CLOCKS[i] == 1 || CLOCKS[i] == 4 || CLOCKS[i] == 6;
              long hostSpawned = System.nanoTime();
              long passed = read(spawned, CLOCKS[i]) - frozen[i];
              assertThat(passed)
                  .as("clock %d in round %d", CLOCKS[i], round)
                  .isGreaterThanOrEqualTo(standsStill ? 0 : hostSpawned - hostFrozen - 1_000_000);
              assertThat(passed)
                  .as("clock %d in round %d", CLOCKS[i], round)
                  .isLessThan(System.nanoTime() - hostBefore + 10_000_000_000L);
            }
          }
          spawned.restore(snapshot);
        }
        long first = read(spawned, 1);
        assertThat(read(sandbox, 1)).as("the original was not frozen").isGreaterThan(first);
        for (int clock : CLOCKS) {
          assertThat(sandbox.<Long>call("steps_back", long.class, clock, 1000)).isZero();
          assertThat(spawned.<Long>call("steps_back", long.class, clock, 1000)).isZero();
        }
      }
    }
  }

  /**
   * The threads are stopped anywhere, mostly while they compute time. They go on with other
   * numbers, in other VMs.
   */
  @Test
  void whoeverIsStoppedWhileItReadsAClockReadsNoWrongTimeAfterwards() {
    try (Sandbox sandbox = Sandbox.builder(GUEST).build()) {
      assertThat(sandbox.<Integer>call("start_readers", int.class)).isZero();
      assertThat(sandbox.<Long>call("problem_after", long.class, 100L)).isZero();
      for (int i = 0; i < 15; i++) {
        try (Snapshot snapshot = sandbox.snapshot()) {
          List<Sandbox> spawned = new ArrayList<>();
          try {
            for (int copy = 0; copy < 2; copy++) {
              spawned.add(snapshot.spawn());
              assertThat(spawned.getLast().<Long>call("problem_after", long.class, 10L)).isZero();
            }
            spawned.getFirst().restore(snapshot);
            assertThat(spawned.getFirst().<Long>call("problem_after", long.class, 10L)).isZero();
          } finally {
            spawned.forEach(Sandbox::close);
          }
        }
        assertThat(sandbox.<Long>call("problem_after", long.class, 10L)).isZero();
      }
    }
  }

  @Test
  void withAnotherClockOrTheSameInEachRunEachReadIsASystemCall() {
    Clock fixed = Clock.fixed(Instant.EPOCH.plusSeconds(1_000_000), ZoneOffset.UTC);
    for (Program program :
        List.of(
            program().clock(fixed),
            program().clock(Clock.systemUTC()),
            program().deterministic())) {
      long calls = succeed(program.args("read", "50")).usage().systemCalls();
      assertThat(calls).isGreaterThan(50 * READS_OF_A_ROUND);
      assertThat(program.args("numbers").run().outputText()).isEqualTo("end\n");
    }
    try (Sandbox sandbox = Sandbox.builder(GUEST).build()) {
      begin(sandbox);
      try (Snapshot snapshot = sandbox.snapshot();
          Sandbox spawned = snapshot.spawner().clock(fixed).spawn()) {
        assertThat(read(spawned, 0)).isEqualTo(1_000_000_000_000_000L);
        assertThat(hasNumbers(spawned)).isFalse();
      }
    }
  }

  /** A request to a warm program that reads clocks is not longer by a system call for that. */
  @Test
  void aServedProgramThatHasReadClocksNeedsNoSystemCallForThemInItsRequests() {
    List<String> calls = new ArrayList<>();
    Program serving = program("serve").systemCallListener(call -> calls.add(call.name()));
    try (ProgramServer server = serving.startServing()) {
      String answer = "";
      for (int i = 0; !answer.equals(guestsComputeTime() ? "yes" : "no"); i++) {
        assertThat(i).as("the host does not write numbers").isLessThan(MANY);
        answer = ask(server); // the host may not know its counter yet
      }
      try (ProgramSnapshot snapshot = server.snapshot();
          ProgramServer spawned = snapshot.spawn()) {
        for (int i = 0; i < 5; i++) {
          calls.clear();
          assertThat(ask(spawned)).isEqualTo(answer);
          assertThat(calls.contains("clock_gettime")).isEqualTo(!guestsComputeTime());
          spawned.restore(snapshot);
        }
      }
    }
  }

  private static String ask(ProgramServer server) {
    return new String(server.serve(new byte[] {1}), US_ASCII);
  }

  @Test
  void mapsNamesBothPagesAsLinuxDoes() {
    assertThat(program("maps").run().outputText()).isEqualTo("r--p [vvar] 0\nr-xp [vdso] 1\nend\n");
  }

  @Test
  void timeAgreesAlsoWithoutExits() {
    try (Sandbox sandbox = Sandbox.builder(GUEST).exitless().build()) {
      begin(sandbox);
      for (int clock : CLOCKS) {
        assertThat(sandbox.<Long>call("steps_back", long.class, clock, 1_000)).isZero();
      }
    }
  }

  @Test
  @NotInHardwareLane("A lane has one processor.")
  void threadsOnSeveralProcessorsSeeNoTimeGoBack() {
    ProgramResult result = program("threads", "400000").processors(2).run();
    assertThat(result.outputText())
        .as(result.failure().map(Throwable::getMessage).orElse(""))
        .isEqualTo("end\n");
  }

  @Test
  void threadsOnOneProcessorSeeNoTimeGoBack() {
    succeed(program("threads", "20000"));
  }

  @Test
  void theHostsPagesCannotBeChangedOrRun() {
    String[] lines = program("change").run().outputText().split("\n");
    assertThat(lines).hasSize(13).endsWith("end");
    for (int i = 0; i < 12; i++) {
      assertThat(lines[i]).isEqualTo("%d: EPERM".formatted(i % 6));
    }
    assertThat(program("execute").run().status()).isEqualTo(128 + 11);
  }

  @Test
  @NotInHardwareLane("It compares with a kernel that the machine in the lane need not have.")
  void theSharedObjectHasWhatLibrariesLookFor() {
    LinuxTwin.of("vdso.c").assertSame(75);
  }
}
