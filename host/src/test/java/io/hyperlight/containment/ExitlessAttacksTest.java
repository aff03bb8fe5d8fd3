package io.hyperlight.containment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Lease;
import io.hyperlight.Sandbox;
import io.hyperlight.SandboxPool;
import io.hyperlight.Snapshot;
import io.hyperlight.containment.MessageAttacks.AfterMessage;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.GuestFaultException.Kind;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.error.HyperlightException;
import io.hyperlight.error.SandboxUnusableException;
import io.hyperlight.internal.machine.VcpuStop;
import io.hyperlight.testing.HostileGuest;
import io.hyperlight.testing.ResetOracle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A guest that leaves a message and then does not wait harms only itself. */
@Tag("slow")
class ExitlessAttacksTest {
  private static final List<AfterMessage> ATTACKS = MessageAttacks.all();
  private static final String SECRET = "PASSWORD";

  /**
   * The time limit of attacks, some of which wait for ever. All other calls have to return, however
   * long they take.
   */
  private static final Duration TIME = Duration.ofMillis(300);

  private static final AtomicReference<Sandbox> CALLED = new AtomicReference<>();

  private static Sandbox original;
  private static Snapshot snapshot;

  @BeforeAll
  static void build() {
    original =
        HostileGuest.builder(
                MessageAttacks.PRELUDE
                    + ATTACKS.stream().map(AfterMessage::source).collect(Collectors.joining())
                    + ResetOracle.FUNCTIONS)
            .memorySize(4 << 20)
            .hostFunction(
                "wait_until_stopped",
                (Long value) -> {
                  awaitStop(CALLED.get());
                  return value;
                })
            .exitless()
            .build();
    snapshot = original.snapshot();
  }

  @AfterAll
  static void close() {
    snapshot.close();
    original.close();
  }

  private static void awaitStop(Sandbox sandbox) throws InterruptedException {
    VcpuStop.await(ResetOracle.machineOf(sandbox));
  }

  /** How it ended, if it did not return. */
  private static @Nullable HyperlightException call(Sandbox sandbox, String function) {
    CALLED.set(sandbox);
    try {
      sandbox.within(TIME).call(function, Object.class);
      return null;
    } catch (HyperlightException e) {
      return e;
    }
  }

  @Test
  void aRestoredSandboxIsAsANewbornAfterEach() throws InterruptedException {
    List<String> leaks = new ArrayList<>();
    try (Sandbox sandbox = snapshot.spawn()) {
      ResetOracle oracle = new ResetOracle(snapshot);
      for (AfterMessage attack : ATTACKS) {
        call(sandbox, attack.function());
        awaitStop(sandbox);
        sandbox.restore(snapshot);
        for (String leak : oracle.leaksOf(sandbox)) {
          leaks.add(attack.function() + ": " + leak);
        }
        sandbox.restore(snapshot);
      }
    }
    assertThat(leaks).isEmpty();
  }

  /** With a pause before the restore, so that the attack is complete, and without one. */
  @Test
  void theNextHoldersCallIsItsOwn() throws InterruptedException {
    try (SandboxPool pool = SandboxPool.builder(snapshot).size(1).build()) {
      for (AfterMessage attack : ATTACKS) {
        for (boolean pause : new boolean[] {true, false}) {
          try (Lease<Sandbox> lease = pool.acquire()) {
            call(lease.get(), attack.function());
            if (pause) {
              awaitStop(lease.get());
            }
          }
          try (Lease<Sandbox> lease = pool.acquire()) {
            assertThat(lease.get().<Long>call("length_of", long.class, SECRET))
                .as(attack.function())
                .isEqualTo(SECRET.length());
          }
        }
      }
    }
  }

  /**
   * The host takes the message before the vCPU has left the guest, or finds both.
   *
   * @param rounds how long the guest computes in between
   */
  @ParameterizedTest
  @ValueSource(longs = {0, 1_000_000})
  void whoLeavesTheVmBehindAMessageIsTold(long rounds) throws InterruptedException {
    try (Sandbox sandbox = snapshot.spawn()) {
      for (AfterMessage attack : ATTACKS) {
        if (attack.exits()) {
          @Nullable HyperlightException end = attackUntilStopped(sandbox, attack, rounds);
          if (end == null) {
            // The host had taken the message before, and looks when there is something to run.
            end = call(sandbox, "leave_registers");
          }
          assertThat(end)
              .as(attack.function())
              .isInstanceOfSatisfying(
                  GuestFaultException.class,
                  e -> assertThat(e.kind()).as("%s", e).isEqualTo(Kind.PROTOCOL_VIOLATION));
          assertThatThrownBy(() -> sandbox.call("ping", int.class, 1))
              .isInstanceOf(SandboxUnusableException.class);
        }
      }
    }
  }

  /** Once more if the watchdog was faster than a guest that had no processor. */
  private static @Nullable HyperlightException attackUntilStopped(
      Sandbox sandbox, AfterMessage attack, long rounds) throws InterruptedException {
    for (int tries = 0; tries < 1000; tries++) {
      sandbox.restore(snapshot);
      sandbox.call("take_time", void.class, rounds);
      @Nullable HyperlightException end = call(sandbox, attack.function());
      awaitStop(sandbox);
      if (end instanceof GuestTimeoutException) {
        continue;
      }
      if (end != null || VcpuStop.isAtExit(ResetOracle.machineOf(sandbox))) {
        return end;
      }
    }
    throw new AssertionError(attack.function() + " does not leave the VM");
  }

  @Test
  void itsSnapshotIsOfTheMemoryThatItHad() throws InterruptedException {
    for (AfterMessage attack : ATTACKS) {
      try (Sandbox sandbox = snapshot.spawn()) {
        if (call(sandbox, attack.function()) == null) {
          awaitStop(sandbox);
          try (Snapshot later = sandbox.snapshot();
              Sandbox spawned = later.spawn()) {
            assertThat(spawned.<Long>call("length_of", long.class, SECRET))
                .as(attack.function())
                .isEqualTo(SECRET.length());
          }
        }
      }
    }
  }

  @Test
  void noCallSeesAnotherOnesGeneralRegistersAndFlags() throws InterruptedException {
    try (Sandbox sandbox = snapshot.spawn();
        Sandbox other = snapshot.spawn()) {
      sandbox.call("ping", int.class, 1);
      byte[] found = sandbox.call("registers", byte[].class);
      for (int round = 0; round < 20; round++) {
        sandbox.call("leave_registers", void.class);
        if (round % 2 == 1) {
          awaitStop(sandbox); // it rests, and is resumed from an exit
        }
        assertThat(sandbox.call("registers", byte[].class)).isEqualTo(found);
      }
      other.call("ping", int.class, 1); // argument registers that a call does not use keep theirs
      assertThat(other.call("registers", byte[].class)).isEqualTo(found);
    }
  }
}
