package io.hyperlight;

import static io.hyperlight.testing.Kinds.kind;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.error.ClosedException;
import io.hyperlight.error.GuestAbortException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.InvalidSnapshotException;
import io.hyperlight.error.SandboxUnusableException;
import io.hyperlight.internal.call.InstanceImage;
import io.hyperlight.internal.machine.ImageClosedException;
import io.hyperlight.snippets.SnapshotSnippets;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.HardwareLaneQuick;
import io.hyperlight.testing.SourceFile;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tests snapshots of sandboxes: what a restore undoes, and what it does not change. */
@HardwareLaneQuick
@Tag("dirty-tracking")
class SnapshotTest {
  private static final String PROGRAM = SourceFile.of(SnapshotTest.class, "snapshot.c");

  private static Sandbox.Builder builder() {
    return Sandbox.builder(CompiledGuest.of(PROGRAM)).hostFunction("next_number", () -> 1);
  }

  @Test
  void theSnippetPrintsWhatItsCommentsSay() {
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    try (Sandbox sandbox = builder().build()) {
      SnapshotSnippets.restore(sandbox, new PrintStream(printed, true, StandardCharsets.UTF_8));
    }
    assertThat(printed.toString(StandardCharsets.UTF_8).lines())
        .containsExactly("1", "2", "1", "1");
  }

  @Test
  void memoryGoesBackAgainAndAgain() {
    try (Sandbox sandbox = builder().build();
        Snapshot snapshot = sandbox.snapshot()) {
      for (int i = 0; i < 100; i++) {
        int pages = i % 64;
        assertThat(sandbox.<Integer>call("add_to_pages", int.class, pages)).isEqualTo(pages);
        assertThat(sandbox.<Integer>call("count", int.class)).isEqualTo(1);
        sandbox.restore(snapshot);
      }
    }
  }

  @Test
  void whatWasMappedSinceFaultsAgain() {
    try (Sandbox sandbox = builder().build();
        Snapshot snapshot = sandbox.snapshot()) {
      sandbox.restore(snapshot);
      for (int i = 0; i < 3; i++) {
        long address = sandbox.<Long>call("allocate", long.class, 1L << 20) + (1 << 19);
        assertThat(sandbox.<Integer>call("load", int.class, address & -4096)).isNotNegative();
        sandbox.restore(snapshot);
        assertThatThrownBy(() -> sandbox.call("load", int.class, address & -4096))
            .isInstanceOf(GuestFaultException.class)
            .hasMessageContaining("page fault");
        sandbox.restore(snapshot);
      }
    }
  }

  @Test
  void allMemoryCanBeUsedAfterEveryRestore() {
    try (Sandbox sandbox = builder().memorySize(8 << 20).build();
        Snapshot snapshot = sandbox.snapshot()) {
      for (int i = 0; i < 10; i++) {
        long address = sandbox.call("allocate", long.class, 6L << 20);
        assertThat(address).isNotZero();
        assertThat(sandbox.<Integer>call("load", int.class, address)).isEqualTo(1);
        sandbox.restore(snapshot);
      }
    }
  }

  @Test
  void argumentsOfAnEarlierCallAreGone() {
    try (Sandbox sandbox = builder().build();
        Snapshot snapshot = sandbox.snapshot()) {
      String large = "secret".repeat(20_000);
      for (int i = 0; i < 20; i++) {
        assertThat(sandbox.<String>call("echo", String.class, large)).isEqualTo(large);
        sandbox.restore(snapshot);
        assertThat(sandbox.<String>call("echo", String.class, "")).isEmpty();
      }
    }
  }

  @Test
  void aSandboxIsUsableAgainAfterAFaultOrAnAbort() {
    try (Sandbox sandbox = builder().build();
        Snapshot snapshot = sandbox.snapshot()) {
      for (int i = 0; i < 5; i++) {
        assertThatThrownBy(() -> sandbox.call("fault", void.class))
            .isInstanceOf(GuestFaultException.class);
        assertThatThrownBy(() -> sandbox.call("count", int.class))
            .isInstanceOf(SandboxUnusableException.class);
        sandbox.restore(snapshot);
        assertThat(sandbox.<Integer>call("count", int.class)).isEqualTo(1);
        assertThatThrownBy(() -> sandbox.call("give_up", void.class))
            .isInstanceOf(GuestAbortException.class);
        sandbox.restore(snapshot);
        assertThat(sandbox.<Integer>call("count", int.class)).isEqualTo(1);
      }
    }
  }

  @Test
  void sandboxesOfOneSnapshotDoNotSeeEachOther() {
    try (Sandbox sandbox = builder().build()) {
      sandbox.call("count", int.class);
      try (Snapshot snapshot = sandbox.snapshot();
          Sandbox first = snapshot.spawn();
          Sandbox second = snapshot.spawn()) {
        assertThat(first.<Integer>call("count", int.class)).isEqualTo(2);
        assertThat(first.<Integer>call("count", int.class)).isEqualTo(3);
        assertThat(second.<Integer>call("count", int.class)).isEqualTo(2);
        assertThat(sandbox.<Integer>call("count", int.class)).isEqualTo(2);
      }
    }
  }

  @Test
  void aSpawnedSandboxCanBeFrozenInItsTurn() {
    try (Sandbox sandbox = builder().build();
        Snapshot early = sandbox.snapshot();
        Sandbox spawned = early.spawn()) {
      spawned.call("count", int.class);
      spawned.call("allocate", long.class, 1L << 20);
      try (Snapshot late = spawned.snapshot();
          Sandbox last = late.spawn()) {
        assertThat(last.<Integer>call("count", int.class)).isEqualTo(2);
        last.restore(early);
        assertThat(last.<Integer>call("count", int.class)).isEqualTo(1);
        last.restore(late);
        assertThat(last.<Integer>call("count", int.class)).isEqualTo(2);
      }
    }
  }

  @Test
  void handlesStayBoundToASandboxThatIsRestored() throws Throwable {
    try (Sandbox sandbox = builder().build();
        Snapshot snapshot = sandbox.snapshot()) {
      var count = sandbox.function("count");
      for (int i = 0; i < 3; i++) {
        assertThat((int) count.invokeExact()).isEqualTo(1);
        sandbox.restore(snapshot);
      }
    }
  }

  @Test
  void spawnedSandboxesHaveTheHostFunctionsOfTheSnapshotOrTheirOwn() {
    AtomicInteger numbers = new AtomicInteger(10);
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    ByteArrayOutputStream printedElsewhere = new ByteArrayOutputStream();
    try (Sandbox sandbox =
            Sandbox.builder(CompiledGuest.of(PROGRAM))
                .hostFunction("next_number", numbers::incrementAndGet)
                .hostPrint(new PrintStream(printed, true, StandardCharsets.UTF_8))
                .build();
        Snapshot snapshot = sandbox.snapshot();
        Sandbox same = snapshot.spawn();
        Sandbox other =
            snapshot
                .spawner()
                .hostFunction("next_number", () -> 5)
                .hostPrint(new PrintStream(printedElsewhere, true, StandardCharsets.UTF_8))
                .spawn()) {
      assertThat(same.<Integer>call("host_number", int.class)).isEqualTo(11);
      assertThat(other.<Integer>call("host_number", int.class)).isEqualTo(5);
      same.call("print", void.class);
      assertThat(printed.toString(StandardCharsets.UTF_8)).isEqualTo("x");
      other.call("print", void.class);
      assertThat(printedElsewhere.toString(StandardCharsets.UTF_8)).isEqualTo("x");
    }
  }

  @Test
  @SuppressWarnings("try") // closed early on purpose
  void aClosedSnapshotIsRefusedAndItsSandboxesGoOn() {
    try (Sandbox sandbox = builder().build()) {
      Snapshot snapshot = sandbox.snapshot();
      try (Sandbox spawned = snapshot.spawn()) {
        snapshot.close();
        snapshot.close();
        assertThatThrownBy(snapshot::spawn).satisfies(kind(ClosedException.Kind.SNAPSHOT));
        assertThatThrownBy(() -> spawned.restore(snapshot))
            .satisfies(kind(ClosedException.Kind.SNAPSHOT));
        assertThat(spawned.<Integer>call("count", int.class)).isEqualTo(1);
      }
    }
  }

  @Test
  @SuppressWarnings("try") // closed early on purpose
  void aSnapshotThatIsClosedInTheMiddleOfARestoreChangesNothing() {
    try (Sandbox sandbox = builder().build()) {
      Snapshot snapshot = sandbox.snapshot();
      InstanceImage image = snapshot.image();
      assertThat(sandbox.<Integer>call("count", int.class)).isEqualTo(1);
      snapshot.close();
      // Here another thread continues that has seen it open.
      assertThatThrownBy(() -> sandbox.instance().restore(image))
          .isInstanceOf(ImageClosedException.class);
      assertThat(sandbox.<Integer>call("count", int.class)).isEqualTo(2);
    }
  }

  @Test
  void aSnapshotThatIsClosedWhileItIsUsedIsRefusedOrNot() throws Exception {
    try (Sandbox sandbox = builder().build();
        Snapshot other = sandbox.snapshot()) {
      for (int round = 0; round < 50; round++) {
        Snapshot snapshot = sandbox.snapshot();
        Thread closer = Thread.ofPlatform().start(snapshot::close);
        try (Sandbox spawned = snapshot.spawn()) {
          assertThat(spawned.<Integer>call("count", int.class)).isEqualTo(1);
        } catch (ClosedException e) {
          assertThat(e.kind()).isEqualTo(ClosedException.Kind.SNAPSHOT); // it was too late
        }
        closer.join();
        Snapshot another = sandbox.snapshot();
        Thread secondCloser = Thread.ofPlatform().start(another::close);
        try (Sandbox restored = other.spawn()) {
          restored.restore(another);
        } catch (ClosedException e) {
          assertThat(e.kind()).isEqualTo(ClosedException.Kind.SNAPSHOT); // it was too late
        }
        secondCloser.join();
      }
    }
  }

  @Test
  void aSnapshotOfAnotherGuestIsRefused() {
    Guest other = CompiledGuest.of(PROGRAM + "\nHL_EXPORT(void, more)\nvoid more(void) {}\n");
    try (Sandbox sandbox = builder().build();
        Sandbox stranger = Sandbox.builder(other).hostFunction("next_number", () -> 1).build();
        Snapshot snapshot = stranger.snapshot()) {
      assertThatThrownBy(() -> sandbox.restore(snapshot))
          .isInstanceOf(InvalidSnapshotException.class)
          .hasMessageContaining("its own guest");
      assertThat(sandbox.<Integer>call("count", int.class)).isEqualTo(1);
    }
  }

  @Test
  void anUnusableSandboxCannotBeFrozen() {
    try (Sandbox sandbox = builder().build()) {
      assertThatThrownBy(() -> sandbox.call("fault", void.class))
          .isInstanceOf(GuestFaultException.class);
      assertThatThrownBy(sandbox::snapshot).isInstanceOf(SandboxUnusableException.class);
    }
  }

  @Test
  @SuppressWarnings("try") // closed early on purpose
  void aDetachedSandboxLeavesItsHolderWithNothing() {
    try (Sandbox sandbox = builder().build()) {
      var count = sandbox.function("count");
      try (Sandbox successor = sandbox.detach()) {
        assertThatThrownBy(() -> sandbox.call("count", int.class))
            .satisfies(kind(ClosedException.Kind.SANDBOX));
        assertThatThrownBy(count::invoke).satisfies(kind(ClosedException.Kind.SANDBOX));
        sandbox.close();
        assertThat(successor.<Integer>call("count", int.class)).isEqualTo(1);
      }
    }
  }

  @Test
  void aSandboxThatRefusesCallsCanBeDetached() {
    try (Sandbox sandbox = builder().build()) {
      sandbox.refuseCalls();
      assertThatThrownBy(() -> sandbox.call("count", int.class))
          .satisfies(kind(ClosedException.Kind.SANDBOX));
      try (Sandbox successor = sandbox.detach()) {
        assertThat(successor.<Integer>call("count", int.class)).isEqualTo(1);
      }
      assertThatThrownBy(sandbox::detach).satisfies(kind(ClosedException.Kind.SANDBOX));
    }
  }

  @Test
  void guestsRunOnVirtualThreads() throws InterruptedException {
    AtomicInteger result = new AtomicInteger();
    try (Sandbox sandbox = builder().build()) {
      Thread.ofVirtual().start(() -> result.set(sandbox.call("host_number", int.class))).join();
    }
    assertThat(result.get()).isEqualTo(1);
  }
}
