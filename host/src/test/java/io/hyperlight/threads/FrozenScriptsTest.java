package io.hyperlight.threads;

import io.hyperlight.Sandbox;
import io.hyperlight.SandboxInternals;
import io.hyperlight.Snapshot;
import io.hyperlight.testing.Seeds;
import java.time.Duration;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Generated programs of threads are frozen at random moments, with their threads wherever they are,
 * and go on in other sandboxes. Their result is the one that is known.
 */
@Tag("slow")
class FrozenScriptsTest {
  private static final int LENGTH = 60;

  static LongStream seeds() {
    return Seeds.all();
  }

  private static String run(
      ThreadScript script, long seed, UnaryOperator<Sandbox.Builder> settings) {
    Random random = new Random(seed);
    Sandbox sandbox =
        settings
            .apply(
                Sandbox.builder(ThreadScript.interpretingGuest())
                    .memorySize(32 << 20)
                    .callTimeout(Duration.ofSeconds(60))
                    .hostFunction("twice", (Long number) -> 2 * number))
            .build();
    try {
      sandbox.call("begin", void.class, (Object) script.bytes());
      while (sandbox.<Integer>call("go_on", int.class, 1 + random.nextInt(60)) == 0) {
        sandbox = moved(sandbox, random);
      }
      return sandbox.call("finish", String.class);
    } finally {
      sandbox.close();
    }
  }

  /** Returns another sandbox with the same state, or the same one. */
  private static Sandbox moved(Sandbox sandbox, Random random) {
    int way = random.nextInt(4);
    if (way == 0) {
      return sandbox;
    }
    try (Snapshot snapshot = sandbox.snapshot()) {
      if (way == 1) { // what it does meanwhile is forgotten
        sandbox.call("go_on", int.class, 1 + random.nextInt(200));
        sandbox.restore(snapshot);
        return sandbox;
      }
      Sandbox other = snapshot.spawn();
      if (way == 2) {
        sandbox.call("go_on", int.class, 1 + random.nextInt(200));
      }
      sandbox.close();
      return other;
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void theyGoOnInOtherSandboxes(long seed) {
    ThreadScripts.of(seed, LENGTH)
        .check("frozen, seed " + seed, script -> run(script, seed, UnaryOperator.identity()));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void theyGoOnOnSeveralProcessors(long seed) {
    ThreadScripts.of(seed, LENGTH)
        .check(
            "frozen on two processors, seed " + seed,
            script -> run(script, seed, builder -> builder.processors(2)));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void theyGoOnFromAnyInstruction(long seed) {
    ThreadScripts.of(seed, LENGTH)
        .check(
            "frozen and stopped often, seed " + seed,
            script -> run(script, seed, builder -> SandboxInternals.hasty(builder, seed)));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void theyGoOnUnderEachInterleaving(long seed) {
    ThreadScripts.of(seed, LENGTH)
        .check(
            "frozen and interleaved, seed " + seed,
            script -> run(script, seed, builder -> SandboxInternals.interleaved(builder, seed)));
  }
}
