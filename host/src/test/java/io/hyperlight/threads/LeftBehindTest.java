package io.hyperlight.threads;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Guest;
import io.hyperlight.Lease;
import io.hyperlight.Program;
import io.hyperlight.ProgramPool;
import io.hyperlight.ProgramServer;
import io.hyperlight.ProgramSnapshot;
import io.hyperlight.Sandbox;
import io.hyperlight.SandboxPool;
import io.hyperlight.Snapshot;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.error.HyperlightException;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.ResetOracle;
import io.hyperlight.testing.SourceFile;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Threads in all kinds of waits are frozen. Requests leave behind what threads can: names, masks,
 * pending signals, timers, limits, affinities, lists of locks, bases, stacks, handlers, files,
 * locks that are held, and further threads. After a restore, the host and the guest find what they
 * find in a new sandbox.
 */
@Tag("dirty-tracking")
@Tag("slow")
class LeftBehindTest {
  /** As many as the guest has. */
  private static final int KINDS = 20;

  private static final int THREADS = 5;
  private static final int ENDINGS = 6;

  private static final int ROUNDS = Integer.getInteger("hyperlight.test.leftBehind", 12);
  private static final long SEED = Long.getLong("hyperlight.test.seed", 1);
  private static final Duration SOON = Duration.ofMillis(30);

  private static final String SOURCE = SourceFile.of(LeftBehindTest.class, "left_behind.c");
  private static final Guest GUEST = CompiledGuest.withLibc(SOURCE);

  /** How often it ended in each way. */
  private final Map<String, Integer> endings = new TreeMap<>();

  private final Random random = new Random(SEED);

  private static Sandbox begun(int processors) {
    Sandbox sandbox =
        Sandbox.builder(GUEST)
            .memorySize(32 << 20)
            .processors(processors)
            .randomSeed(1)
            .clock(() -> Instant.ofEpochSecond(1_000_000))
            .callTimeout(Duration.ofSeconds(60))
            .build();
    sandbox.call("begin", void.class);
    return sandbox;
  }

  private void note(String how) {
    endings.merge(how, 1, Integer::sum);
  }

  /** Returns whether another request is possible. */
  private boolean tries(Runnable request) {
    try {
      request.run();
      note("returned");
      return true;
    } catch (HyperlightException e) {
      note(e.getClass().getSimpleName());
      return false;
    }
  }

  /** Makes some requests, of which each leaves something behind, and the last may end badly. */
  private void dirty(Sandbox sandbox) {
    int requests = 1 + random.nextInt(4);
    boolean usable = true;
    for (int i = 0; i < requests && usable; i++) {
      int kind = random.nextInt(KINDS);
      int where = random.nextInt(THREADS);
      usable = tries(() -> sandbox.within(SOON).call("leave_behind", void.class, kind, where));
    }
    if (usable && random.nextBoolean()) {
      int how = random.nextInt(ENDINGS);
      tries(() -> sandbox.within(SOON).call("end_badly", void.class, how));
    }
  }

  private static List<String> leaks(ResetOracle oracle, Sandbox sandbox) {
    List<String> leaks = new ArrayList<>(oracle.linuxLeaksOf(sandbox));
    leaks.addAll(oracle.differencesInMemory(sandbox));
    leaks.addAll(oracle.differencesInHost(sandbox));
    return leaks;
  }

  private static String look(Sandbox sandbox) {
    return sandbox.call("look_around", String.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aRestoredSandboxHasNothingOfTheRequestsBefore(int processors) {
    try (Sandbox original = begun(processors);
        Snapshot early = original.snapshot()) {
      original.call("leave_behind", void.class, 7, 0);
      original.call("leave_behind", void.class, 0, 1);
      try (Snapshot late = original.snapshot();
          Sandbox newbornOfEarly = early.spawn();
          Sandbox newbornOfLate = late.spawn();
          Sandbox sandbox = early.spawn()) {
        Map<Snapshot, String> expected =
            Map.of(early, look(newbornOfEarly), late, look(newbornOfLate));
        assertThat(expected.get(early)).contains("futex", "epoll", "handler", "counter");
        for (int round = 0; round < ROUNDS; round++) {
          dirty(sandbox);
          Snapshot next = round % 4 == 2 ? late : early;
          sandbox.restore(next);
          assertThat(leaks(new ResetOracle(next), sandbox)).as("round %d", round).isEmpty();
          assertThat(look(sandbox)).as("round %d", round).isEqualTo(expected.get(next));
          sandbox.restore(next);
        }
      }
    }
    assertThat(endings).containsKeys("returned", "GuestTimeoutException");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void eachHolderOfAPoolFindsANewSandbox(int processors) {
    try (Sandbox original = begun(processors);
        Snapshot snapshot = original.snapshot();
        Sandbox newborn = snapshot.spawn();
        SandboxPool pool = SandboxPool.builder(snapshot).size(1).build()) {
      String expected = look(newborn);
      ResetOracle oracle = new ResetOracle(snapshot);
      for (int round = 0; round < ROUNDS; round++) {
        try (Lease<Sandbox> lease = pool.acquire()) {
          assertThat(leaks(oracle, lease.get())).as("round %d", round).isEmpty();
          dirty(lease.get());
        }
        try (Lease<Sandbox> lease = pool.acquire()) {
          assertThat(look(lease.get())).as("round %d", round).isEqualTo(expected);
        }
      }
    }
  }

  // Served programs.

  private static Program served(int processors) {
    return Program.of(CompiledGuest.program("#define SERVED\n" + SOURCE).toAbsolutePath())
        .memorySize(32 << 20)
        .processors(processors)
        .randomSeed(1)
        .clock(() -> Instant.ofEpochSecond(1_000_000))
        .hostError(OutputStream.nullOutputStream())
        .callTimeout(Duration.ofSeconds(60));
  }

  private static String serve(ProgramServer server, String request) {
    return new String(server.serve(bytes(request)), UTF_8);
  }

  private static byte[] bytes(String request) {
    return request.getBytes(UTF_8);
  }

  private void dirty(ProgramServer server) {
    int kind = random.nextInt(KINDS);
    int where = random.nextInt(THREADS);
    boolean usable =
        tries(() -> server.within(SOON).serve(bytes("leave %d %d".formatted(kind, where))));
    if (usable && random.nextBoolean()) {
      int how = random.nextInt(ENDINGS);
      tries(() -> server.within(SOON).serve(bytes("end " + how)));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aServedProgramHasNothingOfTheRequestsBefore(int processors) {
    try (ProgramServer original = served(processors).startServing();
        ProgramSnapshot snapshot = original.snapshot();
        ProgramServer first = snapshot.spawn();
        ProgramServer server = snapshot.spawn()) {
      String expected = serve(first, "look");
      assertThat(expected).contains("futex", "epoll", "handler", "reader");
      for (int round = 0; round < ROUNDS; round++) {
        dirty(server);
        server.restore(snapshot);
        try (ProgramServer newborn = snapshot.spawn()) {
          assertThat(ResetOracle.differences(newborn, server)).as("round %d", round).isEmpty();
        }
        assertThat(serve(server, "look")).as("round %d", round).isEqualTo(expected);
        server.restore(snapshot);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void eachRequestToAPoolFindsANewProgram(int processors) {
    try (ProgramServer original = served(processors).startServing();
        ProgramSnapshot snapshot = original.snapshot();
        ProgramPool pool = ProgramPool.builder(snapshot).size(1).build()) {
      String expected = new String(snapshot.serve("look".getBytes(UTF_8)), UTF_8);
      for (int round = 0; round < ROUNDS; round++) {
        try (Lease<ProgramServer> lease = pool.acquire()) {
          dirty(lease.get());
        }
        assertThat(new String(pool.serve("look".getBytes(UTF_8)), UTF_8)).isEqualTo(expected);
      }
    }
  }

  /** A request may compute for less than the limit, and two of them for more. */
  @Test
  void aRequestDoesNotPayForTheProcessorTimeOfTheOneBefore() {
    Duration request = Duration.ofMillis(200);
    try (ProgramServer original = served(2).startServing();
        ProgramSnapshot unlimited = original.snapshot();
        ProgramServer limited = unlimited.spawner().cpuTimeLimit(request.multipliedBy(4)).spawn();
        ProgramSnapshot snapshot = limited.snapshot();
        ProgramPool pool = ProgramPool.builder(snapshot).size(1).build()) {
      for (int i = 0; i < 12; i++) {
        try (Lease<ProgramServer> lease = pool.acquire()) {
          assertThatThrownBy(() -> lease.get().within(request).serve(bytes("end 5")))
              .isInstanceOf(GuestTimeoutException.class)
              .hasMessageNotContaining("processor time");
        }
      }
    }
  }
}
