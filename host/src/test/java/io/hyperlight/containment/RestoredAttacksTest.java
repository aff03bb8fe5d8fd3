package io.hyperlight.containment;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.error.HyperlightException;
import io.hyperlight.internal.machine.VcpuStop;
import io.hyperlight.testing.HostileGuest;
import io.hyperlight.testing.ResetOracle;
import io.hyperlight.value.Limits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nothing of any attack outlives a restore. */
@Tag("dirty-tracking")
@Tag("slow")
class RestoredAttacksTest {
  private static final List<Attack> ATTACKS = AttackTables.all();
  private static final List<Attack> ENDLESS = EndlessAttacks.all();

  private static final Duration DEADLINE = Duration.ofMillis(20);

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aSandboxIsAsANewbornAfterEachAttack(boolean exitless) throws InterruptedException {
    String sources = Attack.sources(ATTACKS) + ResetOracle.FUNCTIONS;
    Sandbox.Builder builder = HostileGuest.builder(sources).memorySize(4 << 20);
    if (exitless) {
      builder.exitless();
    }
    // A guest that scribbles over its messages waits for ever.
    Duration time = exitless ? Duration.ofMillis(200) : Duration.ofMinutes(1);
    List<String> leaks = new ArrayList<>();
    try (Sandbox original = builder.build();
        Snapshot snapshot = original.snapshot();
        Sandbox sandbox = snapshot.spawn()) {
      ResetOracle oracle = new ResetOracle(snapshot);
      for (Attack attack : ATTACKS) {
        try {
          sandbox.within(time).call(attack.function(), Object.class);
        } catch (HyperlightException e) {
          // Any ending is allowed here; HostileGuestTest checks it.
        }
        VcpuStop.await(ResetOracle.machineOf(sandbox));
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

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void soItIsAfterEachLoopThatADeadlineEnds(boolean exitless) throws InterruptedException {
    String sources = Attack.sources(ENDLESS) + ResetOracle.FUNCTIONS;
    List<String> leaks = new ArrayList<>();
    // Neither the other limits nor the clock may end a loop.
    Sandbox.Builder builder = HostileGuest.builder(sources).memorySize(4 << 20).limits(Limits.NONE);
    try (Sandbox original = (exitless ? builder.exitless() : builder).build();
        Snapshot snapshot = original.snapshot();
        Sandbox sandbox = snapshot.spawn()) {
      ResetOracle oracle = new ResetOracle(snapshot);
      for (Attack attack : ENDLESS) {
        assertThat(endingOf(sandbox, attack)).as(attack.name()).isIn(endings(attack));
        VcpuStop.await(ResetOracle.machineOf(sandbox));
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

  private static Object endingOf(Sandbox sandbox, Attack attack) {
    try {
      return sandbox.within(DEADLINE).call(attack.function(), long.class);
    } catch (GuestTimeoutException e) {
      assertThat(e.kind()).isEqualTo(GuestTimeoutException.Kind.CALL_TIMEOUT);
      return e.kind();
    } catch (GuestFaultException e) {
      return e.kind();
    }
  }

  private static List<Object> endings(Attack attack) {
    List<Object> endings = new ArrayList<>(attack.faults());
    endings.add(GuestTimeoutException.Kind.CALL_TIMEOUT);
    if (!attack.faults().isEmpty()) {
      endings.add(0L);
    }
    return endings;
  }
}
