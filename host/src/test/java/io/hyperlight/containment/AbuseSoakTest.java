package io.hyperlight.containment;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.ProgramServer;
import io.hyperlight.ProgramSnapshot;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.testing.Held;
import io.hyperlight.testing.Seeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Runs thousands of sandboxes whose guests and programs fault, loop, lie, flood and make system
 * calls at random. They run one after the other on two threads ({@link Abuser}), while a third
 * thread ends their calls and closes them. Well-behaved sandboxes run on other threads, and their
 * answers are checked. A run has three equal parts, and the last may not need more of anything than
 * the one before. {@code -Dhyperlight.test.abuse=100000} runs for about a day.
 */
@Tag("slow")
class AbuseSoakTest {
  private static final int SANDBOXES = Integer.getInteger("hyperlight.test.abuse", 2_000);

  private static final int ABUSERS = 2;

  private static final long PAUSE_NANOS = 300_000;

  /** What exists after a part of the run. */
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
    try (Sandbox guest = Abuser.guest();
        Snapshot guests = guest.snapshot();
        ProgramServer program = Abuser.program();
        ProgramSnapshot programs = program.snapshot();
        ExecutorService threads = Executors.newFixedThreadPool(ABUSERS + 3)) {
      List<Need> needs = new ArrayList<>();
      for (int part = 0; part < 3; part++) {
        abuse(guests, programs, threads, part);
        needs.add(Need.now());
      }
      System.out.printf("after each third of %d hostile sandboxes: %s%n", SANDBOXES, needs);
      Need before = needs.get(1);
      Need after = needs.get(2);
      assertThat(after.held.descriptors()).isEqualTo(before.held.descriptors());
      assertThat(after.held.mappings()).isEqualTo(before.held.mappings());
      // The kernel makes these threads when it wants to, and ends them later than the VM.
      assertThat(after.held.threads()).isLessThanOrEqualTo(before.held.threads() + 1);
      assertThat(after.threads).isLessThanOrEqualTo(before.threads + 2); // the JVM's own
      assertThat(after.heap - before.heap).isLessThan(16 << 20);
      // All their memory together would be gigabytes. The JVM touches its own heap bit by bit.
      assertThat(after.held.virtualMemory()).isLessThanOrEqualTo(before.held.virtualMemory() + 1);
      assertThat(after.resident - before.resident).isLessThan(128 << 20);
    }
  }

  /** A third of the run: abusers until they are through, the others until then. */
  private void abuse(Snapshot guests, ProgramSnapshot programs, ExecutorService threads, int part)
      throws Exception {
    over.set(false);
    List<Future<Integer>> others = new ArrayList<>();
    List<Future<Integer>> hostile = new ArrayList<>();
    List<Abuser.Victim> victims = new ArrayList<>();
    long seed = Seeds.all().findFirst().orElseThrow() * 1000 + part * 10L;
    for (int i = 0; i < ABUSERS; i++) {
      Abuser abuser = new Abuser(guests, programs, seed + i);
      victims.add(abuser.victim());
      hostile.add(threads.submit(() -> abuser.abuse(SANDBOXES / 3 / ABUSERS)));
    }
    others.add(threads.submit(() -> answer(guests, new Random(seed + 5))));
    others.add(threads.submit(() -> serve(programs, new Random(seed + 6))));
    others.add(threads.submit(() -> disturb(victims, new Random(seed + 7))));
    int ended = 0;
    try {
      for (Future<Integer> abuser : hostile) {
        ended += abuser.get();
      }
    } finally {
      over.set(true);
    }
    assertThat(ended).isGreaterThan(SANDBOXES / 3 / 4);
    for (Future<Integer> other : others) {
      assertThat(other.get()).isPositive();
    }
  }

  /** Returns how many answers were right; a wrong one is an error. */
  private int answer(Snapshot guests, Random random) {
    int answers = 0;
    try (Sandbox sandbox = guests.spawn()) {
      do {
        String text = Long.toString(random.nextLong(), 36);
        long number = random.nextInt();
        assertThat(sandbox.<String>call("answer", String.class, text, number))
            .isEqualTo(text + 2 * number);
        answers++;
        if (answers % 50 == 0) {
          sandbox.restore(guests);
        }
        pause(random); // the processors are for the others
      } while (!over.get());
    }
    return answers;
  }

  /** The same, of a program. */
  private int serve(ProgramSnapshot programs, Random random) {
    int answers = 0;
    try (ProgramServer sandbox = programs.spawn()) {
      do {
        String line = "echo " + random.nextLong() + "\n";
        assertThat(sandbox.serve(line.getBytes(US_ASCII))).asString().isEqualTo(line);
        answers++;
        sandbox.restore(programs);
        pause(random);
      } while (!over.get());
    }
    return answers;
  }

  /**
   * Ends calls of others and closes their sandboxes.
   *
   * @return how often it tried
   */
  private int disturb(List<Abuser.Victim> victims, Random random) {
    int tries = 0;
    do {
      Abuser.Victim victim = victims.get(random.nextInt(victims.size()));
      if (random.nextInt(8) == 0) {
        victim.close();
      } else {
        victim.interrupt();
      }
      tries++;
      pause(random);
    } while (!over.get());
    return tries;
  }

  private static void pause(Random random) {
    LockSupport.parkNanos(PAUSE_NANOS + random.nextLong(10 * PAUSE_NANOS));
  }
}
