package io.hyperlight.calls;

import static io.hyperlight.testing.Kinds.kind;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Sandbox;
import io.hyperlight.error.CallInterruptedException;
import io.hyperlight.error.ClosedException;
import io.hyperlight.error.SandboxInUseException;
import io.hyperlight.testing.CompiledGuest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** One thread at a time, any thread. */
class SandboxThreadsTest {
  private static final String PROGRAM =
      """
      #include <hyperlight.h>

      HL_IMPORT(void, wait_in_host)

      static int64_t counter;

      HL_EXPORT(int64_t, count_up)
      int64_t count_up(void) { return ++counter; }

      HL_EXPORT(int64_t, count_up_around_host_call)
      int64_t count_up_around_host_call(void)
      {
          counter++;
          wait_in_host();
          return ++counter;
      }

      HL_EXPORT(uint64_t, hash, uint64_t)
      uint64_t hash(uint64_t rounds)
      {
          uint64_t hash = 1;
          for (uint64_t i = 0; i < rounds; i++) {
              hash = (hash ^ i) * 0x9e3779b97f4a7c15u;
          }
          return hash >> 1;
      }
      """;

  /** A sandbox whose guest waits in a host function until it is released. */
  private static final class WaitingSandbox implements AutoCloseable {
    final CountDownLatch entered = new CountDownLatch(1);
    final CountDownLatch release = new CountDownLatch(1);
    final ExecutorService executor =
        Executors.newSingleThreadExecutor(r -> new Thread(r, "caller"));
    final Sandbox sandbox =
        Sandbox.builder(CompiledGuest.of(PROGRAM))
            .hostAction(
                "wait_in_host",
                () -> {
                  entered.countDown();
                  release.await();
                })
            .build();

    Future<Long> startCall() throws InterruptedException {
      Future<Long> result =
          executor.submit(() -> sandbox.call("count_up_around_host_call", long.class));
      entered.await();
      return result;
    }

    @Override
    public void close() {
      release.countDown();
      executor.close();
      sandbox.close();
    }
  }

  private static Sandbox sandbox() {
    return Sandbox.builder(CompiledGuest.of(PROGRAM)).hostAction("wait_in_host", () -> {}).build();
  }

  @Test
  void aSecondThreadIsRefusedAndTheFirstGoesOn() throws Exception {
    try (WaitingSandbox waiting = new WaitingSandbox()) {
      Future<Long> call = waiting.startCall();

      assertThatThrownBy(() -> waiting.sandbox.call("count_up", long.class))
          .isInstanceOf(SandboxInUseException.class)
          .hasMessageContaining("the sandbox is in use by thread caller");
      assertThatThrownBy(() -> waiting.sandbox.function("count_up").invoke())
          .isInstanceOf(SandboxInUseException.class);

      waiting.release.countDown();
      assertThat(call.get()).isEqualTo(2);
      assertThat(waiting.sandbox.call("count_up", long.class)).isEqualTo(3);
    }
  }

  @Test
  void closingWhileACallRunsIsRefusedAndTheCallGoesOn() throws Exception {
    try (WaitingSandbox waiting = new WaitingSandbox()) {
      Future<Long> call = waiting.startCall();

      assertThatThrownBy(waiting.sandbox::close).isInstanceOf(SandboxInUseException.class);

      waiting.release.countDown();
      assertThat(call.get()).isEqualTo(2);
    }
  }

  @Test
  void threadsMayTakeTurns() throws Exception {
    try (Sandbox sandbox = sandbox()) {
      for (int i = 1; i <= 20; i++) {
        FutureTask<Long> result = new FutureTask<>(() -> sandbox.call("count_up", long.class));
        Thread thread = new Thread(result);
        thread.start();
        thread.join();
        assertThat(result.get()).isEqualTo(i);
      }
    }
  }

  @Test
  void aSandboxMayBeBuiltUsedAndClosedByThreeThreads() throws Exception {
    try (ExecutorService one = Executors.newSingleThreadExecutor();
        ExecutorService two = Executors.newSingleThreadExecutor()) {
      Sandbox sandbox = one.submit(SandboxThreadsTest::sandbox).get();
      assertThat(two.submit(() -> sandbox.call("count_up", long.class)).get()).isEqualTo(1);
      sandbox.close();
      Future<Long> late = one.submit(() -> sandbox.call("count_up", long.class));
      assertThatThrownBy(late::get)
          .isInstanceOf(ExecutionException.class)
          .cause()
          .satisfies(kind(ClosedException.Kind.SANDBOX));
    }
  }

  @Test
  void virtualThreadsMayTakeTurns() throws Exception {
    try (Sandbox sandbox = sandbox()) {
      for (int i = 1; i <= 20; i++) {
        FutureTask<Long> result = new FutureTask<>(() -> sandbox.call("count_up", long.class));
        Thread.startVirtualThread(result).join();
        assertThat(result.get()).isEqualTo(i);
      }
    }
  }

  @Test
  void hostFunctionsMayBlockOnVirtualThreads() throws Exception {
    try (WaitingSandbox waiting = new WaitingSandbox()) {
      FutureTask<Long> result =
          new FutureTask<>(() -> waiting.sandbox.call("count_up_around_host_call", long.class));
      Thread thread = Thread.startVirtualThread(result);
      waiting.entered.await();
      waiting.release.countDown();
      thread.join();
      assertThat(result.get()).isEqualTo(2);
    }
  }

  @Test
  void everyVirtualThreadMayHaveItsOwnSandbox() throws Exception {
    List<Callable<Long>> tasks = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      long rounds = i;
      tasks.add(() -> {
        try (Sandbox sandbox = sandbox()) {
          return sandbox.call("hash", long.class, rounds);
        }
      });
    }
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Long> results = new ArrayList<>();
      for (Future<Long> future : executor.invokeAll(tasks)) {
        results.add(future.get());
      }
      assertThat(results)
          .isEqualTo(IntStream.range(0, 20).mapToObj(SandboxThreadsTest::hash).toList());
    }
  }

  private static long hash(int rounds) {
    long hash = 1;
    for (int i = 0; i < rounds; i++) {
      hash = (hash ^ i) * 0x9e37_79b9_7f4a_7c15L;
    }
    return hash >>> 1;
  }

  @Test
  void sandboxesRunSideBySide() throws Exception {
    int threads = 4;
    int calls = 500;
    try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
      List<Callable<Long>> tasks = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        tasks.add(() -> {
          try (Sandbox sandbox = sandbox()) {
            long last = 0;
            for (int call = 0; call < calls; call++) {
              last = sandbox.call("count_up", long.class);
              assertThat(sandbox.call("hash", long.class, (long) call)).isEqualTo(hash(call));
            }
            return last;
          }
        });
      }
      for (Future<Long> future : executor.invokeAll(tasks)) {
        assertThat(future.get()).isEqualTo(calls);
      }
    }
  }

  @Test
  void racingThreadsAreServedOrRefusedAndNothingElse() throws Exception {
    int threads = 4;
    int calls = 300;
    CountDownLatch start = new CountDownLatch(1);
    Callable<Integer> racer;
    try (Sandbox sandbox = sandbox();
        ExecutorService executor = Executors.newFixedThreadPool(threads)) {
      racer =
          () -> {
            int served = 0;
            start.await();
            for (int call = 0; call < calls; call++) {
              try {
                sandbox.call("count_up", long.class);
                served++;
              } catch (SandboxInUseException e) {
                Thread.onSpinWait();
              }
            }
            return served;
          };
      List<Future<Integer>> futures = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        futures.add(executor.submit(racer));
      }
      start.countDown();
      long served = 0;
      for (Future<Integer> future : futures) {
        served += future.get();
      }
      assertThat(served).isPositive();
      assertThat(sandbox.call("count_up", long.class)).isEqualTo(served + 1);
    }
  }

  @Test
  void aCallOnAnInterruptedThreadIsNotBegunAndTheThreadStaysInterrupted() {
    try (Sandbox sandbox = sandbox()) {
      Thread.currentThread().interrupt();
      assertThatExceptionOfType(CallInterruptedException.class)
          .isThrownBy(() -> sandbox.call("count_up", long.class))
          .satisfies(e -> {
            assertThat(e.begun()).isFalse();
            assertThat(e.location().registers()).isEmpty();
          });
      assertThat(Thread.interrupted()).isTrue();
      assertThat(sandbox.call("count_up", long.class)).isEqualTo(1);
    }
  }
}
