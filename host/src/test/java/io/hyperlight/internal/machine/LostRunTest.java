package io.hyperlight.internal.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Sandbox;
import io.hyperlight.error.CallInterruptedException;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.error.HyperlightException;
import io.hyperlight.testing.Await;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.NotInHardwareLane;
import java.lang.reflect.Field;
import java.time.Duration;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Calls of virtual threads whose vCPU thread dies before it has taken them, of a full heap for
 * example.
 */
@NotInHardwareLane("Says nothing about the processor, and leaves the JVM's threads dead.")
class LostRunTest {
  private static final String PROGRAM =
      """
      #include <hyperlight.h>
      HL_EXPORT(int32_t, one)
      int32_t one(void) { return 1; }
      """;

  private final ThreadPoolExecutor threads = threads();
  private final ThreadFactory usual = threads.getThreadFactory();
  private final AtomicInteger dying = new AtomicInteger();
  private final AtomicInteger dead = new AtomicInteger();

  private static ThreadPoolExecutor threads() {
    try {
      Field field = VcpuThreads.class.getDeclaredField("THREADS");
      field.setAccessible(true);
      return (ThreadPoolExecutor) field.get(null);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("the field", e);
    }
  }

  /** The executor still counts the threads that died. It only matters that none is idle. */
  @BeforeEach
  void letThreadsDie() throws InterruptedException {
    Await.until("no idle thread", LostRunTest::noneIsAlive);
    threads.setThreadFactory(task -> {
      if (dying.getAndDecrement() <= 0) {
        return usual.newThread(task);
      }
      Thread thread = new Thread(dead::incrementAndGet);
      thread.setDaemon(true);
      return thread;
    });
  }

  private static boolean noneIsAlive() {
    return Thread.getAllStackTraces().keySet().stream()
        .noneMatch(thread -> thread.getName().startsWith("hyperlight-vcpu-"));
  }

  @AfterEach
  void letThreadsLive() {
    threads.setThreadFactory(usual);
  }

  private static FutureTask<Object> callOnVirtualThread(Sandbox sandbox) {
    FutureTask<Object> call =
        new FutureTask<>(() -> {
          try {
            return sandbox.call("one", int.class);
          } catch (HyperlightException e) {
            return e;
          }
        });
    Thread.ofVirtual().start(call);
    return call;
  }

  @Test
  void anotherThreadTakesThemOver() throws Exception {
    try (Sandbox sandbox = Sandbox.builder(CompiledGuest.of(PROGRAM)).build()) {
      dying.set(3);
      assertThat(callOnVirtualThread(sandbox).get()).isEqualTo(1);
      assertThat(dead.get()).isPositive();
    }
  }

  @Test
  void theirDeadlineEndsThem() throws Exception {
    try (Sandbox sandbox =
        Sandbox.builder(CompiledGuest.of(PROGRAM)).callTimeout(Duration.ofMillis(100)).build()) {
      dying.set(Integer.MAX_VALUE);
      Await.until("nobody watches", Watchdog::isDozing);
      assertThat(callOnVirtualThread(sandbox).get()).isInstanceOf(GuestTimeoutException.class);
      assertThat(dead.get()).isPositive();
    }
  }

  @Test
  void anInterruptEndsThem() throws Exception {
    try (Sandbox sandbox = Sandbox.builder(CompiledGuest.of(PROGRAM)).build()) {
      dying.set(Integer.MAX_VALUE);
      FutureTask<Object> call = callOnVirtualThread(sandbox);
      Await.until("lost", () -> dead.get() > 0);
      assertThat(sandbox.interrupt()).isTrue();
      assertThat(call.get()).isInstanceOf(CallInterruptedException.class);
      assertThatThrownBy(() -> sandbox.call("one", int.class))
          .isInstanceOf(HyperlightException.class);
    }
  }

  @Test
  void anInterruptOfTheThreadEndsThem() throws Exception {
    try (Sandbox sandbox = Sandbox.builder(CompiledGuest.of(PROGRAM)).build()) {
      dying.set(Integer.MAX_VALUE);
      FutureTask<Object> call =
          new FutureTask<>(() -> {
            try {
              return sandbox.call("one", int.class);
            } catch (HyperlightException e) {
              return e;
            }
          });
      Thread thread = Thread.ofVirtual().start(call);
      Await.until("lost", () -> dead.get() > 0);
      thread.interrupt();
      assertThat(call.get()).isInstanceOf(CallInterruptedException.class);
    }
  }
}
