package io.hyperlight;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Nothing of any attack outlives a restore. */
@Tag("dirty-tracking")
class RestoredAttacksTest {
  private static final List<Attack> ATTACKS = AttackTables.all();

  @Test
  void aSandboxIsAsANewbornAfterEachAttack() {
    String sources = Attack.sources(ATTACKS) + ResetOracle.FUNCTIONS;
    List<String> leaks = new ArrayList<>();
    try (Sandbox original = HostileGuest.builder(sources).memorySize(4 << 20).build();
        Snapshot snapshot = original.snapshot();
        Sandbox sandbox = snapshot.spawn()) {
      ResetOracle oracle = new ResetOracle(snapshot);
      for (Attack attack : ATTACKS) {
        try {
          sandbox.call(attack.function(), Object.class);
        } catch (HyperlightException e) {
          // However it ends; HostileGuestTest says how it may.
        }
        sandbox.restore(snapshot);
        for (String leak : oracle.leaksOf(sandbox)) {
          leaks.add(attack + ": " + leak);
        }
        sandbox.restore(snapshot);
        assertThat(sandbox.<Integer>call("ping", int.class, 41)).isEqualTo(42);
      }
    }
    assertThat(leaks).isEmpty();
  }
}
