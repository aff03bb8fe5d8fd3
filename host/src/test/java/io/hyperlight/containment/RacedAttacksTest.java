package io.hyperlight.containment;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.HyperlightException;
import io.hyperlight.testing.HostileGuest;
import io.hyperlight.testing.ResetOracle;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.value.Limits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Each attack is made by one thread while others compute, write, make system calls, change mappings
 * and wait. However it ends, the exception is one of the library's, other sandboxes work, and
 * nothing outlives a restore.
 */
@Tag("dirty-tracking")
@Tag("slow")
class RacedAttacksTest {
  private static final List<Attack> ATTACKS =
      Stream.concat(AttackTables.all().stream(), EndlessAttacks.all().stream()).toList();

  /** One attack of so many is tried with each number of processors. */
  private static final int STEP = Integer.getInteger("hyperlight.test.attackStep", 4);

  private static final Duration DEADLINE = Duration.ofMillis(100);

  private static Sandbox.Builder builder(int processors) {
    return HostileGuest.builder(
            Attack.sources(ATTACKS)
                + SourceFile.of(RacedAttacksTest.class, "racers.c")
                + ResetOracle.FUNCTIONS)
        .memorySize(4 << 20)
        .limits(Limits.DEFAULT.withCallTimeout(Duration.ofMinutes(1)))
        .processors(processors);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void nothingOfARacedAttackOutlivesARestore(int processors) {
    List<String> leaks = new ArrayList<>();
    try (Sandbox original = builder(processors).build()) {
      assertThat(original.<Long>call("start_racers", long.class)).isEqualTo(4);
      try (Snapshot snapshot = original.snapshot();
          Sandbox bystander = snapshot.spawn();
          Sandbox sandbox = snapshot.spawn()) {
        ResetOracle oracle = new ResetOracle(snapshot);
        for (int i = processors - 1; i < ATTACKS.size(); i += STEP) {
          Attack attack = ATTACKS.get(i);
          try {
            sandbox.within(DEADLINE).call(attack.function(), Object.class);
          } catch (HyperlightException e) {
            // Any ending is allowed: the others may have changed what the attack relies on.
          }
          sandbox.restore(snapshot);
          for (String leak : oracle.linuxLeaksOf(sandbox)) {
            leaks.add(attack + ": " + leak);
          }
          for (String leak : oracle.differencesInMemory(sandbox)) {
            leaks.add(attack + ": " + leak);
          }
          assertThat(sandbox.<Integer>call("ping", int.class, 41)).as(attack.name()).isEqualTo(42);
          sandbox.restore(snapshot);
        }
        assertThat(bystander.<Integer>call("ping", int.class, 1)).isEqualTo(2);
      }
    }
    assertThat(leaks).isEmpty();
  }
}
