package io.hyperlight.snapshots;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Sandbox;
import io.hyperlight.SandboxInternals;
import io.hyperlight.Snapshot;
import io.hyperlight.error.CallInterruptedException;
import io.hyperlight.internal.call.Machines;
import io.hyperlight.internal.machine.MachineState;
import io.hyperlight.internal.machine.Sabotage;
import io.hyperlight.internal.machine.Vm;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.ResetOracle;
import io.hyperlight.testing.ResetOracle.Access;
import io.hyperlight.testing.ResetOracle.Ending;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * After a restore nothing remains of what a hostile guest did. If something did, the oracle would
 * find it.
 */
@Tag("dirty-tracking")
class ResetOracleTest {
  private static final String PROGRAM =
      """
      #include <hyperlight.h>

      unsigned char data[64 << 10] = {1};
      unsigned char zeros[64 << 10];
      char *early;

      HL_EXPORT(void, warm_up)
      void warm_up(void)
      {
          early = malloc(100000);
          early[5000] = 1;
          zeros[9000] = 2;
          hl_scratch(40000);
      }

      HL_IMPORT(void, interfere)

      HL_EXPORT(void, call_host)
      void call_host(void) { interfere(); }

      HL_EXPORT(uint64_t, exhaust)
      uint64_t exhaust(void)
      {
          uint64_t taken = 0;
          for (char *block; (block = malloc(8192)) != 0; taken += 8192) {
              block[0] = 1;
              block[4096] = 2;
          }
          return taken;
      }

      HL_EXPORT(int, take, hl_bytes)
      int take(hl_bytes bytes) { return (int)bytes.size; }
      """;

  private static final long MEMORY_SIZE = 4 << 20;
  private static final long GROWTH = 512 << 10;

  /** Every so many pages, one is tried. */
  private static final int PAGE_STEP = Integer.getInteger("hyperlight.test.pageStep", 7);

  private final Sandbox original =
      Sandbox.builder(CompiledGuest.of(PROGRAM + ResetOracle.FUNCTIONS))
          .hostAction("interfere", () -> {})
          .memorySize(MEMORY_SIZE)
          .build();

  ResetOracleTest() {
    original.call("warm_up", void.class);
  }

  @AfterEach
  void close() {
    original.close();
  }

  @ParameterizedTest
  @EnumSource
  void aRestoredSandboxIsAsANewbornHoweverItEnded(Ending ending) {
    try (Snapshot snapshot = original.snapshot();
        Sandbox sandbox = snapshot.spawn()) {
      ResetOracle oracle = new ResetOracle(snapshot);
      for (int round = 0; round < 3; round++) {
        ResetOracle.dirty(sandbox, GROWTH, ending);
        sandbox.restore(snapshot);
        assertThat(oracle.leaksOf(sandbox)).as("leaks of round %d", round).isEmpty();
        sandbox.restore(snapshot);
      }
    }
  }

  @Test
  void soIsOneWhoseGuestWasLeftByAnErrorOfTheHost() {
    try (Snapshot snapshot = original.snapshot();
        Sandbox sandbox =
            snapshot
                .spawner()
                .hostAction(
                    "interfere",
                    () -> {
                      throw new StackOverflowError("of the host");
                    })
                .spawn()) {
      ResetOracle.dirty(sandbox, GROWTH, Ending.RETURN);
      assertThatThrownBy(() -> sandbox.call("call_host", void.class))
          .isInstanceOf(StackOverflowError.class);
      sandbox.restore(snapshot);
      assertThat(new ResetOracle(snapshot).leaksOf(sandbox)).isEmpty();
    }
  }

  @Test
  void soIsOneThatWasInterruptedInAHostFunction() {
    AtomicReference<Sandbox> interrupted = new AtomicReference<>();
    try (Snapshot snapshot = original.snapshot();
        Sandbox sandbox =
            snapshot
                .spawner()
                .hostAction("interfere", () -> interrupted.get().interrupt())
                .spawn()) {
      interrupted.set(sandbox);
      for (int round = 0; round < 3; round++) {
        ResetOracle.dirty(sandbox, GROWTH, Ending.RETURN);
        assertThatThrownBy(() -> sandbox.call("call_host", void.class))
            .isInstanceOf(CallInterruptedException.class);
        sandbox.restore(snapshot);
        assertThat(new ResetOracle(snapshot).leaksOf(sandbox)).isEmpty();
        sandbox.restore(snapshot);
      }
    }
  }

  @Test
  void soIsOneWhoseMemoryWasExhausted() {
    try (Snapshot snapshot = original.snapshot();
        Sandbox sandbox = snapshot.spawn()) {
      for (int round = 0; round < 3; round++) {
        assertThat(sandbox.<Long>call("exhaust", long.class)).isGreaterThan(MEMORY_SIZE / 2);
        ResetOracle.end(sandbox, Ending.PAGE_FAULT);
        sandbox.restore(snapshot);
        assertThat(new ResetOracle(snapshot).leaksOf(sandbox)).isEmpty();
        sandbox.restore(snapshot);
      }
    }
  }

  @Test
  void soIsOneThatReturnsToAnotherSnapshotOfItsGuest() {
    try (Snapshot early = original.snapshot();
        Sandbox sandbox = early.spawn()) {
      sandbox.call("oracle_grow", void.class, GROWTH);
      try (Snapshot late = sandbox.snapshot()) {
        for (Snapshot snapshot : List.of(late, early, late)) {
          ResetOracle.dirty(sandbox, GROWTH / 2, Ending.DIVISION_BY_ZERO);
          sandbox.restore(snapshot);
          assertThat(new ResetOracle(snapshot).leaksOf(sandbox)).isEmpty();
          sandbox.restore(snapshot);
        }
      }
    }
  }

  @Test
  void soIsOneThatWroteMoreThanIsCopiedBack() {
    try (Sandbox large =
        Sandbox.builder(CompiledGuest.of(PROGRAM + ResetOracle.FUNCTIONS))
            .hostAction("interfere", () -> {})
            .memorySize(64 << 20)
            .build()) {
      large.call("oracle_grow", void.class, 12 << 20); // heap and window: 24 MiB in the snapshot
      try (Snapshot snapshot = large.snapshot();
          Sandbox sandbox = snapshot.spawn()) {
        for (int round = 0; round < 2; round++) {
          ResetOracle.dirty(sandbox, 1 << 20, Ending.RETURN);
          sandbox.restore(snapshot);
          assertThat(new ResetOracle(snapshot).leaksOf(sandbox)).isEmpty();
          sandbox.restore(snapshot);
        }
      }
    }
  }

  @Test
  void whatASnapshotHasInItsControlWordsAndBasesComesBack() {
    ResetOracle.end(original, Ending.RETURN);
    try (Snapshot snapshot = original.snapshot();
        Sandbox sandbox = snapshot.spawn()) {
      byte[] newborn = sandbox.call("oracle_observe", byte[].class);
      assertThat(ResetOracle.fsBase(newborn)).isEqualTo(0x1234_5678_9000L);
      assertThat(ResetOracle.x87Control(newborn)).isEqualTo(0x0b7f);
      assertThat(ResetOracle.mxcsr(newborn)).isEqualTo(0xffc0);
      sandbox.restore(snapshot);
      assertThat(sandbox.<byte[]>call("oracle_observe", byte[].class)).isEqualTo(newborn);
    }
  }

  @Test
  void soIsOneThatRestoresManyTimesWithAChangingSetOfPages() {
    try (Snapshot snapshot = original.snapshot();
        Sandbox sandbox = snapshot.spawn()) {
      ResetOracle oracle = new ResetOracle(snapshot);
      long[] data = MachineState.writableRanges(ResetOracle.machineOf(sandbox)).getFirst();
      for (int round = 0; round < 60; round++) {
        // Many pages at first, so that most of them stay clean later and leave the hot set.
        long end = round < 5 ? data[1] : Math.min(data[0] + 4096L * (round % 5 + 1), data[1]);
        sandbox.call("oracle_fill", void.class, data[0], end, 0xa5);
        sandbox.restore(snapshot);
      }
      assertThat(oracle.leaksOf(sandbox)).isEmpty();
    }
  }

  @Test
  void pagesCanBeUsedAsInANewborn() {
    try (Snapshot snapshot = original.snapshot();
        Sandbox sandbox = snapshot.spawn();
        Sandbox reference = snapshot.spawn()) {
      ResetOracle.dirty(sandbox, GROWTH, Ending.RETURN);
      SortedSet<Long> pages = ResetOracle.pagesOf(sandbox);
      sandbox.restore(snapshot);
      List<String> differences = new ArrayList<>();
      int number = 0;
      for (long page : pages) {
        if (number++ % PAGE_STEP != 0) {
          continue;
        }
        for (Access access : Access.values()) {
          if (access == Access.EXECUTE
              && MachineState.isExecutable(ResetOracle.machineOf(reference), page)) {
            continue; // what is there may do anything
          }
          ResetOracle.dirty(sandbox, GROWTH, Ending.RETURN);
          sandbox.restore(snapshot);
          String actual = ResetOracle.use(sandbox, page, access);
          sandbox.restore(snapshot);
          String expected = ResetOracle.use(reference, page, access);
          reference.restore(snapshot);
          if (!actual.equals(expected)) {
            differences.add(
                "%s of 0x%x: %s instead of %s".formatted(access, page, actual, expected));
          }
        }
      }
      assertThat(differences).isEmpty();
      assertThat(number).isGreaterThan(400);
    }
  }

  // These test the oracle itself: it finds the damage when any part of a restore is broken.

  @Test
  void aGateThatKeepsVectorsIsFound() {
    Sabotage.removeFromGate(ResetOracle.machineOf(original), "480fae2c25", 9); // xrstor64
    assertThat(leaksAfter(_ -> {}, Ending.RETURN, _ -> () -> {}))
        .anyMatch(leak -> leak.contains("the guest sees"))
        .anyMatch(leak -> leak.startsWith("XSAVE"));
  }

  @ParameterizedTest
  @CsvSource({"8ee0, f3480faed0", "8ee8, f3480faed8"}) // of FS and of GS
  void aGateThatKeepsASegmentBaseIsFound(String load, String writeBase) {
    Sabotage.removeFromGate(ResetOracle.machineOf(original), load, 2);
    Sabotage.removeFromGate(ResetOracle.machineOf(original), writeBase, 5);
    assertThat(leaksAfter(_ -> {}, Ending.RETURN, _ -> () -> {}))
        .anyMatch(leak -> leak.contains("the guest sees"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"8ed8", "8ec0", "8ee0", "8ee8"}) // of DS, ES, FS and GS
  void aGateThatKeepsASelectorIsFound(String load) {
    Sabotage.removeFromGate(ResetOracle.machineOf(original), load, 2);
    List<String> leaks = leaksAfter(_ -> {}, Ending.RETURN, _ -> () -> {});
    if (MachineState.keepsSelectors()) {
      assertThat(leaks).anyMatch(leak -> leak.contains("the guest sees"));
    } else {
      assertThat(leaks).isEmpty(); // the thread has taken it back before
    }
  }

  @Test
  void aPageThatTheTrackerOverlooksIsFound() {
    assertThat(
            leaksAfter(
                machine -> Sabotage.overlook(machine, firstWritablePage(machine)),
                Ending.RETURN,
                _ -> () -> {}))
        .anyMatch(leak -> leak.contains("memory at physical"));
  }

  @Test
  void argumentsThatAreForgottenAreFound() {
    try (Snapshot snapshot = original.snapshot();
        Sandbox sandbox = snapshot.spawn()) {
      byte[] secret = "secret".repeat(100).getBytes(UTF_8);
      assertThat(sandbox.<Integer>call("take", int.class, (Object) secret)).isEqualTo(600);
      long window = Machines.windowOf(SandboxInternals.instanceOf(sandbox));
      Runnable forget = Sabotage.keepPage(ResetOracle.machineOf(sandbox), window);
      sandbox.restore(snapshot);
      forget.run();
      assertThat(new ResetOracle(snapshot).leaksOf(sandbox))
          .anyMatch(leak -> leak.contains("is 0x73 instead of 0x00"));
    }
  }

  private static long firstWritablePage(Vm machine) {
    return MachineState.writableRanges(machine).getFirst()[0];
  }

  @Test
  void mappingsThatStayAreFound() {
    assertThat(leaksAfter(_ -> {}, Ending.RETURN, Sabotage::keepMappings))
        .anyMatch(leak -> leak.contains("the address space is"));
  }

  @Test
  void anAddressOfAFaultThatStaysIsFound() {
    assertThat(leaksAfter(_ -> {}, Ending.PAGE_FAULT, Sabotage::keepFaultAddress))
        .anyMatch(leak -> leak.contains("special registers"));
  }

  /**
   * Returns what the oracle finds after a restore that was manipulated.
   *
   * @param before applied to the machine when it is new
   * @param around applied to the machine when it is dirty; the action that it returns runs after
   *     the restore
   */
  private List<String> leaksAfter(
      Consumer<Vm> before, Ending ending, Function<Vm, Runnable> around) {
    try (Snapshot snapshot = original.snapshot();
        Sandbox sandbox = snapshot.spawn()) {
      before.accept(ResetOracle.machineOf(sandbox));
      ResetOracle.dirty(sandbox, GROWTH, ending);
      Runnable after = around.apply(ResetOracle.machineOf(sandbox));
      sandbox.restore(snapshot);
      after.run();
      return new ResetOracle(snapshot).leaksOf(sandbox);
    }
  }
}
