package io.hyperlight.calls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Lease;
import io.hyperlight.Sandbox;
import io.hyperlight.SandboxPool;
import io.hyperlight.Snapshot;
import io.hyperlight.error.CallInterruptedException;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.error.SandboxUnusableException;
import io.hyperlight.testing.EndlessGuest;
import io.hyperlight.testing.PendingSignals;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls are ended from outside, wherever they are; see docs/interrupts.md. */
class InterruptTest {
  @AfterEach
  void nothingIsLeftInThisThread() {
    assertThat(PendingSignals.ofThisThread()).isZero();
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
  }

  private static void assertAdds(Sandbox sandbox) {
    assertThat(sandbox.<Integer>call("add", int.class, 2, 3)).isEqualTo(5);
  }

  /** Interrupts a sandbox repeatedly until there is a call to interrupt. */
  private static CompletableFuture<Void> interruptSoon(Sandbox sandbox) {
    return CompletableFuture.runAsync(() -> {
      while (!sandbox.interrupt()) {
        Thread.onSpinWait();
      }
    });
  }

  @Test
  void withoutACallNothingHappens() {
    try (Sandbox sandbox = EndlessGuest.builder().build()) {
      assertThat(sandbox.interrupt()).isFalse();
      assertAdds(sandbox);
      assertThat(sandbox.interrupt()).isFalse();
      assertAdds(sandbox);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"spin", "call_host_for_ever", "system_calls", "nanosleep", "poll", "futex"})
  void aGuestIsEndedWhereverItIs(String function) {
    try (Sandbox original = EndlessGuest.builder().build();
        Snapshot snapshot = original.snapshot();
        Sandbox sandbox = snapshot.spawn()) {
      for (int round = 0; round < 5; round++) {
        CompletableFuture<Void> interrupting = interruptSoon(sandbox);
        assertThatExceptionOfType(CallInterruptedException.class)
            .isThrownBy(() -> sandbox.call(function, void.class))
            .satisfies(e -> {
              assertThat(e.begun()).isTrue();
              assertThat(e.location().registers())
                  .containsEntry("RIP", e.location().instructionPointer());
            });
        interrupting.join();
        assertThat(sandbox.interrupt()).isFalse();
        assertThatThrownBy(() -> assertAdds(sandbox))
            .isInstanceOf(SandboxUnusableException.class)
            .hasCauseInstanceOf(CallInterruptedException.class);
        sandbox.restore(snapshot);
        assertAdds(sandbox);
      }
    }
  }

  @Test
  void theExceptionSaysWhereTheGuestWas() throws Exception {
    CountDownLatch entered = new CountDownLatch(1);
    try (Sandbox sandbox = EndlessGuest.builder(entered::countDown).build()) {
      sandbox.call("call_host", void.class);
      CompletableFuture<Void> interrupting =
          CompletableFuture.runAsync(
              () -> {
                while (!sandbox.interrupt()) {
                  Thread.onSpinWait();
                }
              },
              CompletableFuture.delayedExecutor(50, TimeUnit.MILLISECONDS));
      assertThatExceptionOfType(CallInterruptedException.class)
          .isThrownBy(() -> sandbox.call("spin", void.class))
          .satisfies(e ->
              assertThat(e.location().symbol())
                  .hasValueSatisfying(s -> assertThat(s).contains("spin")))
          .withMessageContaining("spin");
      interrupting.join();
    }
  }

  @Test
  void aHostFunctionsThreadIsInterrupted() {
    AtomicReference<Sandbox> sandbox = new AtomicReference<>();
    AtomicBoolean consumed = new AtomicBoolean();
    Runnable host =
        () -> {
          CompletableFuture<Void> interrupting = interruptSoon(sandbox.get());
          try {
            TimeUnit.DAYS.sleep(1);
          } catch (InterruptedException e) {
            consumed.set(true);
          }
          interrupting.join();
        };
    try (Sandbox made = EndlessGuest.builder(host).build()) {
      sandbox.set(made);
      assertThatThrownBy(() -> made.call("call_host", void.class))
          .isInstanceOf(CallInterruptedException.class);
    }
    assertThat(consumed).isTrue();
  }

  @Test
  void anInterruptThatAHostFunctionDoesNotConsumeIsTakenBack() {
    AtomicReference<Sandbox> sandbox = new AtomicReference<>();
    AtomicBoolean interrupted = new AtomicBoolean();
    Runnable host =
        () -> {
          assertThat(sandbox.get().interrupt()).isTrue();
          interrupted.set(Thread.currentThread().isInterrupted());
        };
    try (Sandbox made = EndlessGuest.builder(host).build()) {
      sandbox.set(made);
      assertThatThrownBy(() -> made.call("call_host", void.class))
          .isInstanceOf(CallInterruptedException.class);
    }
    assertThat(interrupted).isTrue();
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
  }

  @Test
  void anInterruptOfAHostFunctionsOwnEndsTheCallAndIsKept() {
    try (Sandbox sandbox = EndlessGuest.builder(() -> Thread.currentThread().interrupt()).build()) {
      assertThatExceptionOfType(CallInterruptedException.class)
          .isThrownBy(() -> sandbox.call("call_host", void.class))
          .satisfies(e -> assertThat(e.begun()).isTrue());
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"spin", "system_calls", "nanosleep"})
  void interruptingTheThreadEndsItsCallAndItStaysInterrupted(String function) throws Exception {
    try (Sandbox sandbox = EndlessGuest.builder().build()) {
      Thread caller = Thread.currentThread();
      CompletableFuture<Void> interrupting =
          CompletableFuture.runAsync(
              caller::interrupt, CompletableFuture.delayedExecutor(20, TimeUnit.MILLISECONDS));
      assertThatThrownBy(() -> sandbox.call(function, void.class))
          .isInstanceOf(CallInterruptedException.class);
      assertThat(Thread.interrupted()).isTrue();
      interrupting.get();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"spin", "system_calls", "nanosleep"})
  void soIsACallOfAVirtualThread(String function) throws InterruptedException {
    AtomicReference<CallInterruptedException> end = new AtomicReference<>();
    AtomicBoolean interrupted = new AtomicBoolean();
    try (Sandbox sandbox = EndlessGuest.builder().build()) {
      Thread caller =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  sandbox.call(function, void.class);
                } catch (CallInterruptedException e) {
                  end.set(e);
                  interrupted.set(Thread.interrupted());
                }
              });
      interruptSoon(sandbox).join();
      caller.join();
    }
    assertThat(end.get()).isNotNull();
    assertThat(interrupted).isFalse();
  }

  @Test
  void restoringAndFreezingCannotBeInterrupted() {
    AtomicBoolean done = new AtomicBoolean();
    AtomicBoolean found = new AtomicBoolean();
    try (Sandbox original = EndlessGuest.builder().build();
        Snapshot snapshot = original.snapshot();
        Sandbox sandbox = snapshot.spawn()) {
      CompletableFuture<Void> interrupting =
          CompletableFuture.runAsync(() -> {
            while (!done.get()) {
              found.compareAndSet(false, sandbox.interrupt());
            }
          });
      for (int round = 0; round < 200; round++) {
        sandbox.restore(snapshot);
        sandbox.snapshot().close();
      }
      done.set(true);
      interrupting.join();
    }
    assertThat(found).isFalse();
  }

  @Test
  void whoHadASandboxBeforeCannotInterruptTheCallsOfItsNextHolder() throws Exception {
    CountDownLatch calling = new CountDownLatch(1);
    CountDownLatch tried = new CountDownLatch(1);
    Runnable host =
        () -> {
          calling.countDown();
          try {
            tried.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        };
    try (Sandbox original = EndlessGuest.builder(host).build();
        Snapshot snapshot = original.snapshot();
        SandboxPool pool = SandboxPool.builder(snapshot).size(1).build()) {
      Sandbox before;
      try (Lease<Sandbox> lease = pool.acquire()) {
        before = lease.get();
        assertAdds(before);
      }
      try (Lease<Sandbox> lease = pool.acquire()) {
        CompletableFuture<Void> call =
            CompletableFuture.runAsync(() -> lease.get().call("call_host", void.class));
        calling.await();
        assertThat(before.interrupt()).isFalse();
        tried.countDown();
        call.join();
      }
    }
  }

  @Test
  void aCallInsideAHostFunctionIsEndedWithTheOneAroundIt() throws Exception {
    try (Sandbox inner = EndlessGuest.builder().build();
        Sandbox outer =
            EndlessGuest.builder(() -> inner.call("spin", void.class))
                .callTimeout(Duration.ofMillis(50))
                .build()) {
      assertThatThrownBy(() -> outer.call("call_host", void.class))
          .isInstanceOf(GuestTimeoutException.class);
      assertThatThrownBy(() -> assertAdds(inner))
          .hasCauseInstanceOf(CallInterruptedException.class);
    }
  }
}
