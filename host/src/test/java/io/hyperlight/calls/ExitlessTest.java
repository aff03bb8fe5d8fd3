package io.hyperlight.calls;

import static io.hyperlight.testing.Kinds.kind;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.CallInterruptedException;
import io.hyperlight.error.GuestErrorException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.error.SandboxInUseException;
import io.hyperlight.error.SandboxUnusableException;
import io.hyperlight.testing.Await;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.SourceFile;
import java.lang.invoke.MethodHandle;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Calls that reach a waiting guest through shared memory have the same results as other calls,
 * whatever happens.
 */
class ExitlessTest {
  private static final Guest GUEST =
      CompiledGuest.of(SourceFile.of(ExitlessTest.class, "exitless.c"));

  private static Sandbox.Builder builder() {
    return Sandbox.builder(GUEST)
        .hostFunction("twice", (Long value) -> 2 * value)
        .hostFunction("greet", (String name) -> "Hello, " + name)
        .exitless();
  }

  @Test
  void giveTheSameResults() throws Throwable {
    try (Sandbox sandbox = builder().build()) {
      MethodHandle add = sandbox.function("add");
      MethodHandle quadruple = sandbox.function("quadruple");
      MethodHandle half = sandbox.function("half");
      for (int i = 0; i < 1_000; i++) {
        assertThat((int) add.invokeExact(i, -3)).isEqualTo(i - 3);
        assertThat((long) quadruple.invokeExact((long) i)).isEqualTo(4L * i);
        assertThat((double) half.invokeExact((double) i)).isEqualTo(i / 2.0);
      }
      assertThat(sandbox.<Long>call("count", long.class)).isOne();
      assertThat(sandbox.<Long>call("count", long.class)).isEqualTo(2);
      for (int size : new int[] {0, 1, 64, 5_000, 1_000_000, 17}) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        byte[] reversed = sandbox.call("reversed", byte[].class, bytes);
        for (int i = 0; i < size; i++) {
          assertThat(reversed[i]).isEqualTo(bytes[size - 1 - i]);
        }
        assertThat(sandbox.<String>call("greeting", String.class, "you " + size))
            .isEqualTo("Hello, you " + size + "!");
      }
    }
  }

  @Test
  void doNotDependOnWhoWaitsHowLong() throws Exception {
    Random random = new Random(3);
    try (Sandbox sandbox = builder().build()) {
      for (int i = 0; i < 100; i++) {
        // From far less than either waits awake to far more, on both sides.
        Thread.sleep(0, random.nextInt(300_000));
        long rounds = random.nextInt(random.nextBoolean() ? 100 : 300_000);
        assertThat(sandbox.<Long>call("work", long.class, rounds))
            .isEqualTo(rounds / 4 * 6 + List.of(0, 0, 1, 3).get((int) (rounds % 4)));
        assertThat(sandbox.<Long>call("quadruple", long.class, rounds)).isEqualTo(4 * rounds);
      }
    }
  }

  @Test
  void failLikeOthers() {
    try (Sandbox sandbox = builder().build();
        Snapshot snapshot = sandbox.snapshot()) {
      for (int round = 0; round < 3; round++) {
        assertThat(sandbox.<Integer>call("add", int.class, 1, 2)).isEqualTo(3);
        assertThatThrownBy(() -> sandbox.call("fail", void.class))
            .satisfies(kind(GuestErrorException.Kind.REPORTED))
            .hasMessageContaining("as you wish");
        assertThat(sandbox.<Integer>call("add", int.class, 1, 2)).isEqualTo(3);
        assertThatThrownBy(() -> sandbox.call("crash", void.class))
            .isInstanceOf(GuestFaultException.class);
        assertThatThrownBy(() -> sandbox.call("add", int.class, 1, 2))
            .isInstanceOf(SandboxUnusableException.class);
        sandbox.restore(snapshot);
        assertThat(sandbox.<Integer>call("add", int.class, 1, 2)).isEqualTo(3);
        assertThatThrownBy(() -> sandbox.within(Duration.ofMillis(3)).call("spin", void.class))
            .isInstanceOf(GuestTimeoutException.class);
        sandbox.restore(snapshot);
      }
    }
  }

  @Test
  void failWithTheirHostFunctions() {
    AtomicReference<Sandbox> reentered = new AtomicReference<>();
    try (Sandbox sandbox =
            Sandbox.builder(GUEST)
                .hostFunction(
                    "twice",
                    (Long value) -> {
                      if (value == 5) {
                        throw new IllegalStateException("not five");
                      }
                      return reentered.get().<Long>call("count", long.class) + value;
                    })
                .hostFunction("greet", (String name) -> name)
                .exitless()
                .build();
        Snapshot snapshot = sandbox.snapshot()) {
      reentered.set(sandbox);
      assertThatThrownBy(() -> sandbox.call("quadruple", long.class, 5L))
          .hasRootCauseMessage("not five");
      sandbox.restore(snapshot);
      assertThatThrownBy(() -> sandbox.call("quadruple", long.class, 1L))
          .hasRootCauseInstanceOf(SandboxInUseException.class);
    }
  }

  @Test
  void areRestoredAndSpawned() {
    try (Sandbox original = builder().build()) {
      original.call("count", long.class);
      try (Snapshot snapshot = original.snapshot();
          Sandbox other = snapshot.spawn()) {
        for (int round = 0; round < 50; round++) {
          assertThat(original.<Long>call("count", long.class)).isEqualTo(2);
          assertThat(original.<Long>call("count", long.class)).isEqualTo(3);
          assertThat(other.<Long>call("count", long.class)).isEqualTo(2);
          original.restore(snapshot);
          other.restore(snapshot);
        }
      }
    }
  }

  @Test
  void areInterruptedWhereverTheyAre() throws Exception {
    Random random = new Random(1);
    try (Sandbox sandbox = builder().build();
        Snapshot snapshot = sandbox.snapshot()) {
      for (int round = 0; round < 30; round++) {
        // A call that ends in the same moment is not ended: again and again.
        AtomicBoolean ended = new AtomicBoolean();
        int delay = random.nextInt(100_000);
        Thread interrupter =
            Thread.ofPlatform()
                .start(() -> {
                  while (!ended.get()) {
                    for (int i = delay; i > 0; i--) {
                      Thread.onSpinWait();
                    }
                    sandbox.interrupt();
                  }
                });
        assertThatThrownBy(
                () -> {
                  while (true) {
                    sandbox.call("quadruple", long.class, 3L);
                  }
                })
            .isInstanceOf(CallInterruptedException.class);
        ended.set(true);
        interrupter.join();
        sandbox.restore(snapshot);
        assertThat(sandbox.<Integer>call("add", int.class, round, 2)).isEqualTo(round + 2);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void endWhenTheirThreadIsInterrupted(boolean virtual) throws Exception {
    try (Sandbox sandbox = builder().build()) {
      AtomicReference<Object> ended = new AtomicReference<>();
      Thread caller =
          (virtual ? Thread.ofVirtual() : Thread.ofPlatform())
              .start(() -> {
                try {
                  sandbox.call("spin", void.class);
                } catch (CallInterruptedException e) {
                  ended.set(e.begun() && Thread.currentThread().isInterrupted());
                }
              });
      Await.until("it is called", () -> caller.getState() == Thread.State.WAITING);
      caller.interrupt();
      caller.join();
      assertThat(ended.get()).isEqualTo(true);
    }
  }

  @Test
  void areForVirtualThreadsToo() throws Exception {
    try (Sandbox sandbox = builder().build()) {
      AtomicReference<Object> result = new AtomicReference<>();
      Thread.ofVirtual()
          .start(() -> {
            for (int i = 0; i < 100; i++) {
              result.set(sandbox.call("quadruple", long.class, 4L));
            }
          })
          .join();
      assertThat(result.get()).isEqualTo(16L);
    }
  }

  @Test
  void leaveNoThreadBehind() throws InterruptedException {
    long before = vcpuThreads();
    for (int i = 0; i < 20; i++) {
      try (Sandbox sandbox = builder().build()) {
        sandbox.call("add", int.class, 1, 2);
        assertThat(vcpuThreads()).isGreaterThan(0);
      }
    }
    Await.until("the threads end", () -> vcpuThreads() <= before);
  }

  private static long vcpuThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("hyperlight-vcpu"))
        .count();
  }

  /** The guest does not get a processor for long, and cannot affect others. */
  @Test
  void mayRunOnWithoutHarmToOthers() {
    try (Sandbox sandbox = builder().build();
        Snapshot snapshot = sandbox.snapshot()) {
      for (int round = 0; round < 5; round++) {
        // The host may be asleep when the message comes, and nothing wakes it.
        Sandbox.Timed timed = sandbox.within(Duration.ofMillis(20));
        assertThatThrownBy(
                () -> {
                  timed.call("run_on", void.class);
                  timed.call("add", int.class, 1, 2);
                })
            .isInstanceOf(GuestTimeoutException.class);
        sandbox.restore(snapshot);
        assertThat(sandbox.<Long>call("count", long.class)).isOne();
        sandbox.restore(snapshot);
      }
    }
  }

  /** Only the ends of calls and host calls come as messages. Everything else has to be an exit. */
  @Test
  void acceptNoOtherMessages() {
    try (Sandbox sandbox = builder().build();
        Snapshot snapshot = sandbox.snapshot()) {
      for (long number : new long[] {0, 1, 60, 0x484c_0002L, 0x484c_0005L, 0x484c_0007L}) {
        assertThatThrownBy(() -> sandbox.call("lie", void.class, number))
            .isInstanceOfSatisfying(
                GuestFaultException.class,
                e -> assertThat(e.kind()).isEqualTo(GuestFaultException.Kind.PROTOCOL_VIOLATION));
        sandbox.restore(snapshot);
      }
      // A host call of a function that there is, with arguments that are nowhere.
      assertThatThrownBy(() -> sandbox.call("lie", void.class, 0x484c_0001L))
          .isInstanceOf(GuestFaultException.class);
      sandbox.restore(snapshot);
      for (int i = 0; i < 30; i++) {
        // The guest sends numbers of its own, or none at all.
        Sandbox.Timed timed = sandbox.within(Duration.ofMillis(5));
        try {
          timed.call("answer_early", void.class);
          timed.call("add", int.class, 1, 2);
          timed.call("add", int.class, 1, 2);
        } catch (GuestTimeoutException e) {
          // It has waited for itself.
        }
        sandbox.restore(snapshot);
      }
      sandbox.restore(snapshot);
      assertThat(sandbox.<Integer>call("add", int.class, 1, 2)).isEqualTo(3);
    }
  }
}
