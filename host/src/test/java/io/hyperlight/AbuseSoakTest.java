package io.hyperlight;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.testing.Held;
import io.hyperlight.testing.Seeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/**
 * Thousands of sandboxes whose guests fault, loop, lie and make system calls at random, one after
 * the other on two threads, with well-behaved ones beside them on other threads whose answers are
 * checked. Of a run in three equal parts, the last may not need more of anything than the one
 * before. A day's worth is {@code -Dhyperlight.test.abuse=100000}.
 */
class AbuseSoakTest {
  private static final int SANDBOXES = Integer.getInteger("hyperlight.test.abuse", 2_000);

  private static final int ABUSERS = 2;

  private static final String FUNCTIONS =
      """
      HL_EXPORT(int64_t, spin, int64_t)
      int64_t spin(int64_t rounds)
      {
          volatile int64_t sum = 0;
          for (int64_t i = 0; i < rounds; i++) {
              sum += i;
          }
          return sum;
      }

      HL_EXPORT(hl_bytes, give, int64_t, int64_t)
      hl_bytes give(int64_t address, int64_t size) { return (hl_bytes){(void *)address, (size_t)size}; }

      HL_EXPORT(int64_t, ask, int64_t, int64_t, int64_t, int64_t, int64_t)
      int64_t ask(int64_t number, int64_t a, int64_t b, int64_t c, int64_t d)
      {
          return system_call4((uint64_t)number, (uint64_t)a, (uint64_t)b, (uint64_t)c, (uint64_t)d);
      }

      HL_EXPORT(hl_string, answer, hl_string, int64_t)
      hl_string answer(hl_string text, int64_t number)
      {
          return hl_concat(echo(text), hl_from_integer(twice(number)));
      }
      """;

  private static final List<Attack> ATTACKS = AttackTables.all();

  /** What there is after a part of the run. */
  private record Need(Held held, int threads, long heap, long resident) {
    static Need now() throws IOException {
      System.gc();
      System.gc();
      return new Need(
          Held.now(1L << 30),
          Thread.getAllStackTraces().size(),
          Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory(),
          Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ", 3)[1]) * 4096);
    }
  }

  private final AtomicBoolean over = new AtomicBoolean();

  @Test
  void hostileGuestsLeaveNothingBehindAndDisturbNobody() throws Exception {
    try (Sandbox original =
            HostileGuest.builder(Attack.sources(ATTACKS) + FUNCTIONS)
                .memorySize(4 << 20)
                // So that nobody waits.
                .clock(Clock.fixed(Instant.ofEpochSecond(1_800_000_000), ZoneOffset.UTC))
                .build();
        Snapshot snapshot = original.snapshot();
        ExecutorService threads = Executors.newFixedThreadPool(ABUSERS + 2)) {
      List<Need> needs = new ArrayList<>();
      for (int part = 0; part < 3; part++) {
        abuse(snapshot, threads, part);
        needs.add(Need.now());
      }
      System.out.printf("after each third of %d hostile sandboxes: %s%n", SANDBOXES, needs);
      Need before = needs.get(1);
      Need after = needs.get(2);
      assertThat(after.held.descriptors()).isEqualTo(before.held.descriptors());
      assertThat(after.held.mappings()).isEqualTo(before.held.mappings());
      assertThat(after.held.threads()).isEqualTo(before.held.threads());
      assertThat(after.threads).isLessThanOrEqualTo(before.threads + 2); // the JVM's own
      assertThat(after.heap - before.heap).isLessThan(16 << 20);
      // All their memory together would be gigabytes. The JVM touches its own heap bit by bit.
      assertThat(after.held.virtualMemory()).isLessThanOrEqualTo(before.held.virtualMemory() + 1);
      assertThat(after.resident - before.resident).isLessThan(128 << 20);
    }
  }

  /** A third of the run: abusers until they are through, the others until then. */
  private void abuse(Snapshot snapshot, ExecutorService threads, int part) throws Exception {
    over.set(false);
    List<Future<Integer>> healthy = new ArrayList<>();
    List<Future<Integer>> hostile = new ArrayList<>();
    long seed = Seeds.all().findFirst().orElseThrow() * 1000 + part * 10L;
    for (int i = 0; i < 2; i++) {
      long own = seed + 5 + i;
      healthy.add(threads.submit(() -> answer(snapshot, new Random(own))));
    }
    for (int i = 0; i < ABUSERS; i++) {
      long own = seed + i;
      hostile.add(threads.submit(() -> attack(snapshot, new Random(own))));
    }
    int ended = 0;
    try {
      for (Future<Integer> abuser : hostile) {
        ended += abuser.get();
      }
    } finally {
      over.set(true);
    }
    assertThat(ended).isGreaterThan(SANDBOXES / 3 / 4);
    for (Future<Integer> other : healthy) {
      assertThat(other.get()).isPositive();
    }
  }

  /** How many right answers there were; a wrong one is an error. */
  private int answer(Snapshot snapshot, Random random) {
    int answers = 0;
    try (Sandbox sandbox = snapshot.spawn()) {
      do {
        String text = Long.toString(random.nextLong(), 36);
        long number = random.nextInt();
        assertThat(sandbox.<String>call("answer", String.class, text, number))
            .isEqualTo(text + 2 * number);
        answers++;
        if (answers % 50 == 0) {
          sandbox.restore(snapshot);
        }
      } while (!over.get());
    }
    return answers;
  }

  /** How many calls ended in an exception. */
  private static int attack(Snapshot snapshot, Random random) {
    int ended = 0;
    for (int i = 0; i < SANDBOXES / 3 / ABUSERS; i++) {
      try (Sandbox sandbox = snapshot.spawn()) {
        for (int call = random.nextInt(3); call >= 0; call--) {
          ended += attackOnce(sandbox, random) ? 1 : 0;
          if (random.nextInt(4) != 0) {
            sandbox.restore(snapshot);
            assertThat(sandbox.<Integer>call("ping", int.class, i)).isEqualTo(i + 1);
          }
        }
      }
    }
    return ended;
  }

  private static boolean attackOnce(Sandbox sandbox, Random random) {
    try {
      switch (random.nextInt(8)) {
        case 0 -> sandbox.call("spin", long.class, (long) random.nextInt(1_000_000));
        case 1 -> sandbox.call("give", byte[].class, random.nextLong(), random.nextLong());
        case 2 ->
            sandbox.call(
                "ask",
                long.class,
                random.nextLong(450),
                random.nextLong(),
                0x1_0000 + random.nextLong(1 << 24),
                (long) random.nextInt(),
                random.nextLong());
        default ->
            sandbox.call(ATTACKS.get(random.nextInt(ATTACKS.size())).function(), Object.class);
      }
      return false;
    } catch (GuestFaultException
        | GuestErrorException
        | GuestAbortException
        | GuestExitException
        | GuestDeadlockException
        | HostFunctionException
        | InvalidResultException
        | SandboxUnusableException e) {
      return true;
    }
  }
}
