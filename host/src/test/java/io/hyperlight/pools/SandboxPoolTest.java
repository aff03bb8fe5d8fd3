package io.hyperlight.pools;

import static io.hyperlight.testing.Kinds.kind;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Guest;
import io.hyperlight.Lease;
import io.hyperlight.PoolBuilder;
import io.hyperlight.Sandbox;
import io.hyperlight.SandboxInternals;
import io.hyperlight.SandboxPool;
import io.hyperlight.Snapshot;
import io.hyperlight.error.ClosedException;
import io.hyperlight.error.GuestAbortException;
import io.hyperlight.error.GuestErrorException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.InvalidCallException;
import io.hyperlight.error.PoolException;
import io.hyperlight.error.SandboxInUseException;
import io.hyperlight.internal.pool.PoolBudget;
import io.hyperlight.snippets.SandboxPoolSnippets;
import io.hyperlight.testing.Await;
import io.hyperlight.testing.ChildJvm;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.Descriptors;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.value.PoolStatistics;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** The pool lends clean sandboxes, each to one holder at a time. */
class SandboxPoolTest {
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final Duration SHORT = Duration.ofMillis(5);

  private static void call(Lease<Sandbox> lease) {
    assertThat(lease.get().<Integer>call("count", int.class)).isPositive();
  }

  /** Closes a lease that a {@code try} closes again. */
  private static void closeEarly(AutoCloseable closeable) throws Exception {
    closeable.close();
  }

  @Test
  void theExampleDoesWhatItSays() throws Throwable {
    try (PooledGuest guest = new PooledGuest()) {
      assertThat(SandboxPoolSnippets.overview(guest.snapshot(), "this"))
          .isEqualTo("did this, 1, 2");
    }
  }

  @Test
  void everyRequestFindsACleanSandboxWhateverTheOthersDid() throws Exception {
    int users = 64;
    int requests = 5;
    int size = 3;
    try (PooledGuest guest = new PooledGuest();
        SandboxPool pool = guest.pool().size(size).maxWait(LONG).build();
        ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Void>> futures = new ArrayList<>();
      for (int i = 0; i < users; i++) {
        int user = i;
        futures.add(
            executor.submit(() -> {
              for (int round = 0; round < requests; round++) {
                request(pool, user * requests + round);
              }
              return null;
            }));
      }
      for (Future<Void> future : futures) {
        future.get();
      }
      PoolStatistics statistics = pool.statistics();
      assertThat(statistics.acquired()).isEqualTo((long) users * requests);
      assertThat(statistics.refused()).isZero();
      assertThat(statistics.created()).isBetween(1L, (long) size);
      assertThat(statistics.replaced()).isZero();
    }
  }

  private static void request(SandboxPool pool, int number) {
    ThrowingCallable request =
        () -> {
          try (Lease<Sandbox> lease = pool.acquire()) {
            int how = number % 4;
            long found = lease.get().call("request", long.class, number, how);
            assertThat(found).as("secrets of others").isZero();
            assertThat(how).isZero();
            long own = lease.get().call("request", long.class, number, 0);
            assertThat(own).as("a sandbox is kept for its holder").isPositive();
          }
        };
    switch (number % 4) {
      case 1 -> assertThatThrownBy(request).isInstanceOf(GuestFaultException.class);
      case 2 -> assertThatThrownBy(request).isInstanceOf(GuestAbortException.class);
      case 3 -> assertThatThrownBy(request).satisfies(kind(GuestErrorException.Kind.REPORTED));
      default -> assertThat(request).satisfies(ThrowingCallable::call);
    }
  }

  @Test
  void aCallHasASandboxOfItsOwn() {
    try (PooledGuest guest = new PooledGuest();
        SandboxPool pool = guest.pool().size(1).maxWait(LONG).build()) {
      for (int i = 0; i < 5; i++) {
        assertThat(pool.<Integer>call("count", int.class)).isEqualTo(1);
      }
      assertThatThrownBy(() -> pool.call("cuont", int.class))
          .satisfies(kind(InvalidCallException.Kind.NO_SUCH_FUNCTION));
      assertThat(pool.<Integer>call("count", int.class)).isEqualTo(1);
    }
  }

  @Test
  void sandboxesBeginWhereTheSnapshotWasTaken() {
    try (PooledGuest guest = new PooledGuest();
        Sandbox warm = guest.snapshot().spawn()) {
      warm.call("count", int.class);
      try (Snapshot snapshot = warm.snapshot();
          SandboxPool pool = SandboxPool.builder(snapshot).size(1).maxWait(LONG).build()) {
        for (int i = 0; i < 5; i++) {
          assertThat(pool.<Integer>call("count", int.class)).isEqualTo(2);
        }
      }
    }
  }

  @Test
  void whatAHolderKeepsIsDeadWhenTheLeaseIsClosed() throws Exception {
    try (PooledGuest guest = new PooledGuest();
        SandboxPool pool = guest.pool().size(1).maxWait(LONG).build()) {
      Lease<Sandbox> old = pool.acquire();
      Sandbox sandbox = old.get();
      MethodHandle count = sandbox.function("count");
      old.close();
      old.close();
      try (Lease<Sandbox> next = pool.acquire()) {
        assertThat(old.get()).isSameAs(sandbox);
        assertThatThrownBy(() -> sandbox.call("count", int.class))
            .satisfies(kind(ClosedException.Kind.SANDBOX));
        assertThatThrownBy(count::invoke).satisfies(kind(ClosedException.Kind.SANDBOX));
        sandbox.close();
        old.close();
        assertThat(next.get().<Integer>call("count", int.class)).isEqualTo(1);
      }
      assertThat(pool.statistics().created()).isEqualTo(1);
    }
  }

  @Test
  void aLeaseMayBeClosedWhileACallRuns() throws Exception {
    try (PooledGuest guest = new PooledGuest();
        SandboxPool pool = guest.pool().size(1).maxWait(LONG).build()) {
      Lease<Sandbox> lease = pool.acquire();
      FutureTask<Integer> running = new FutureTask<>(() -> lease.get().call("wait", int.class));
      Thread.ofPlatform().start(running);
      guest.entered.await();
      lease.close();
      assertThatThrownBy(() -> pool.acquire(SHORT)).satisfies(kind(PoolException.Kind.TIMED_OUT));

      guest.release.countDown();
      assertThat(running.get()).isEqualTo(1);
      assertThatThrownBy(() -> lease.get().call("count", int.class))
          .satisfies(kind(ClosedException.Kind.SANDBOX));
      assertThat(pool.<Integer>call("count", int.class)).isEqualTo(1);
    }
  }

  @Test
  void callsThatRaceWithTheEndOfTheirLeaseNeverReachTheNextHolder() throws Exception {
    try (PooledGuest guest = new PooledGuest();
        SandboxPool pool = guest.pool().size(1).maxWait(LONG).build();
        ExecutorService executor = Executors.newSingleThreadExecutor()) {
      for (int round = 0; round < 100; round++) {
        Lease<Sandbox> lease = pool.acquire();
        CountDownLatch calling = new CountDownLatch(1);
        Future<Integer> caller =
            executor.submit(() -> {
              try {
                return callUntilClosed(lease.get(), calling);
              } catch (Throwable t) {
                throw new AssertionError(t);
              }
            });
        calling.await();
        lease.close();
        assertThat(pool.<Integer>call("count", int.class)).isEqualTo(1);
        assertThat(caller.get()).isPositive();
      }
      assertThat(pool.statistics().replaced()).isZero();
    }
  }

  private static int callUntilClosed(Sandbox sandbox, CountDownLatch calling) throws Throwable {
    MethodHandle count = sandbox.function("count");
    int last = 0;
    while (true) {
      try {
        last = (int) count.invokeExact();
        calling.countDown();
      } catch (ClosedException e) {
        assertThat(e.kind()).isEqualTo(ClosedException.Kind.SANDBOX);
        return last;
      } catch (SandboxInUseException e) {
        Thread.onSpinWait(); // just being taken away
      }
    }
  }

  @Test
  void aSandboxThatItsHolderClosedIsReplaced() {
    try (PooledGuest guest = new PooledGuest();
        SandboxPool pool = guest.pool().size(1).maxWait(LONG).build()) {
      try (Lease<Sandbox> lease = pool.acquire()) {
        lease.get().close();
      }
      assertThat(pool.<Integer>call("count", int.class)).isEqualTo(1);
      assertThat(pool.statistics().replaced()).isEqualTo(1);
    }
  }

  @Test
  void aSandboxIsReplacedAfterItsUses() {
    try (PooledGuest guest = new PooledGuest();
        SandboxPool pool = guest.pool().size(1).idle(0).maxUses(2).maxWait(LONG).build()) {
      for (int i = 0; i < 5; i++) {
        assertThat(pool.<Integer>call("count", int.class)).isEqualTo(1);
      }
      assertThat(pool.statistics().created()).isEqualTo(3);
    }
  }

  @Test
  void whoFindsNoSandboxInTimeIsToldHowManyThereAre() {
    try (PooledGuest guest = new PooledGuest();
        SandboxPool pool = guest.pool().size(1).maxWait(LONG).build();
        Lease<Sandbox> lease = pool.acquire()) {
      assertThatThrownBy(() -> pool.acquire(SHORT))
          .satisfies(kind(PoolException.Kind.TIMED_OUT))
          .hasMessage(
              "no sandbox within 5 ms: of 1, at most 1, 1 are in use, and 0 other threads wait");
      assertThatThrownBy(() -> pool.acquire(Duration.ZERO))
          .satisfies(kind(PoolException.Kind.TIMED_OUT));
      call(lease);
    }
  }

  @Test
  void anInterruptEndsTheWaitingAndIsKept() {
    try (PooledGuest guest = new PooledGuest();
        SandboxPool pool = guest.pool().size(1).maxWait(LONG).build();
        Lease<Sandbox> lease = pool.acquire()) {
      Thread.currentThread().interrupt();
      assertThatThrownBy(pool::acquire).satisfies(kind(PoolException.Kind.INTERRUPTED));
      assertThat(Thread.interrupted()).isTrue();
      call(lease);
    }
  }

  @Test
  void aPoolWhoseSnapshotIsGoneSaysWhyItHasNoSandbox() {
    try (PooledGuest guest = new PooledGuest()) {
      guest.snapshot().close();
      try (SandboxPool pool = guest.pool().size(2).maxWait(LONG).build()) {
        for (int i = 0; i < 2; i++) {
          assertThatThrownBy(() -> pool.call("count", int.class))
              .satisfies(kind(PoolException.Kind.CREATION_FAILED))
              .hasMessageStartingWith("the pool cannot create a sandbox: ")
              .hasCauseInstanceOf(RuntimeException.class);
        }
      }
    }
  }

  @Test
  void poolsOfOneProcessShareItsBudget() throws Exception {
    PoolBudget budget = new PoolBudget(2, 1L << 30);
    try (PooledGuest guest = new PooledGuest();
        SandboxPool one =
            SandboxInternals.withBudget(guest.pool().size(2).maxWait(LONG), budget).build();
        Lease<Sandbox> first = one.acquire();
        Lease<Sandbox> second = one.acquire();
        SandboxPool other =
            SandboxInternals.withBudget(guest.pool().size(2).maxWait(LONG), budget).build()) {
      FutureTask<Lease<Sandbox>> waiting = new FutureTask<>(other::acquire);
      Thread.ofVirtual().start(waiting);
      Await.until(
          "no budget",
          () -> {
            try {
              closeEarly(other.acquire(SHORT));
            } catch (PoolException e) {
              if (e.kind() == PoolException.Kind.TIMED_OUT) {
                return false; // the pool does not know it yet
              }
              assertThat(e.kind()).isEqualTo(PoolException.Kind.OVER_BUDGET);
              assertThat(e)
                  .hasMessageContaining("2 sandboxes, 1024 MiB")
                  .hasMessageContaining("hyperlight.pool.maxSandboxes");
              return true;
            } catch (Exception e) {
              throw new AssertionError(e);
            }
            return false;
          });
      call(first);
      call(second);
      closeEarly(first);
      try (Lease<Sandbox> lease = waiting.get()) {
        call(lease);
      }
    }
    assertThat(budget.count()).isZero();
    assertThat(budget.bytes()).isZero();
  }

  @Test
  void aSandboxThatExceedsTheBudgetByItselfIsRefused() {
    try (PooledGuest guest = new PooledGuest()) {
      PoolBuilder<SandboxPool> builder =
          SandboxInternals.withBudget(guest.pool(), new PoolBudget(10, 1L << 20));
      assertThatThrownBy(builder::build)
          .satisfies(kind(PoolException.Kind.OVER_BUDGET))
          .hasMessage(
              "a sandbox has 4194304 bytes of memory, and all pools together may have 1048576:"
                  + " set the system property hyperlight.pool.maxMemory");
    }
  }

  @Test
  void closingFreesEverythingAlsoWhileSandboxesAreInUse() throws Exception {
    try (PooledGuest guest = new PooledGuest()) {
      Map<String, Integer> before = Descriptors.ofKvm();
      SandboxPool pool = guest.pool().size(4).idle(4).maxWait(LONG).build();
      Await.until("ready", () -> pool.statistics().ready() == 4);
      Lease<Sandbox> held = pool.acquire();
      Lease<Sandbox> running = pool.acquire();
      FutureTask<Integer> call = new FutureTask<>(() -> running.get().call("wait", int.class));
      Thread.ofVirtual().start(call);
      guest.entered.await();
      running.close();

      pool.close();
      assertThat(pool.statistics().sandboxes()).isEqualTo(2);
      assertThatThrownBy(pool::acquire).satisfies(kind(PoolException.Kind.CLOSED));
      call(held);
      held.close();
      guest.release.countDown();
      assertThat(call.get()).isEqualTo(1);
      Await.until("all closed", () -> pool.statistics().sandboxes() == 0);
      pool.close();

      assertThat(Descriptors.ofKvm()).isEqualTo(before);
      Await.until("no threads", () -> threadsOfPools().isEmpty());
    }
  }

  private static List<String> threadsOfPools() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("hyperlight-pool-"))
        .toList();
  }

  /** As a server does that stops at the first sign of trouble. */
  @Test
  void aLogHandlerMayCloseThePoolThatHasATrouble() throws Exception {
    Logger logger = Logger.getLogger("io.hyperlight.pool");
    CountDownLatch closed = new CountDownLatch(1);
    try (PooledGuest guest = new PooledGuest()) {
      SandboxPool pool = guest.pool().size(2).maxWait(LONG).build();
      Handler handler = closing(pool, closed);
      logger.addHandler(handler);
      try {
        Lease<Sandbox> lease = pool.acquire();
        guest.snapshot().close();
        lease.close();
        closed.await();
        pool.close();
        assertThatThrownBy(pool::acquire).satisfies(kind(PoolException.Kind.CLOSED));
      } finally {
        logger.removeHandler(handler);
      }
    }
  }

  private static Handler closing(SandboxPool pool, CountDownLatch closed) {
    return new Handler() {
      @Override
      public void publish(LogRecord entry) {
        pool.close();
        closed.countDown();
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
  }

  @Test
  void closingRefusesThoseWhoWait() throws Exception {
    try (PooledGuest guest = new PooledGuest()) {
      SandboxPool pool = guest.pool().size(1).maxWait(LONG).build();
      Lease<Sandbox> lease = pool.acquire();
      FutureTask<Lease<Sandbox>> waiting = new FutureTask<>(pool::acquire);
      Thread.ofVirtual().start(waiting);
      Await.until("waiting", () -> pool.statistics().waiting() == 1);
      pool.close();
      assertThatThrownBy(waiting::get).cause().satisfies(kind(PoolException.Kind.CLOSED));
      lease.close();
      pool.close();
    }
  }

  @Test
  void numbersThatMakeNoSenseAreRefused() {
    try (PooledGuest guest = new PooledGuest()) {
      for (ThrowingCallable wrong :
          Arrays.<ThrowingCallable>asList(
              () -> guest.pool().size(0),
              () -> guest.pool().idle(-1),
              () -> guest.pool().size(2).idle(3).build(),
              () -> guest.pool().maxUses(0),
              () -> guest.pool().maxAge(Duration.ZERO),
              () -> guest.pool().idleTimeout(Duration.ofNanos(-1)),
              () -> guest.pool().maxWait(Duration.ofNanos(-1)))) {
        assertThatThrownBy(wrong).isInstanceOf(IllegalArgumentException.class);
      }
      try (SandboxPool pool = guest.pool().maxAge(Duration.ofSeconds(Long.MAX_VALUE)).build()) {
        assertThatThrownBy(() -> pool.acquire(Duration.ofNanos(-1)))
            .isInstanceOf(IllegalArgumentException.class);
        assertThat(pool.<Integer>call("count", int.class)).isEqualTo(1);
      }
    }
  }

  @Test
  @NotInHardwareLane("Says nothing about the processor, and starts a JVM.")
  void virtualThreadsThatWaitLeaveTheirCarrierToOthers() {
    List<String> command = new ArrayList<>(ChildJvm.commandLineWithOneCarrier(OneCarrier.class));
    command.add(CompiledGuest.fileOf(PooledGuest.PROGRAM).toString());
    assertThat(Command.run(command).outputOfSuccess()).isEqualTo("20 served\n");
  }

  /**
   * The main class of a separate JVM with a single carrier. All virtual threads wait for the
   * sandbox of the last one, which could not go on if one of them kept the carrier.
   */
  static final class OneCarrier {
    private static final int WAITING = 20;

    private OneCarrier() {}

    public static void main(String[] arguments) throws Exception {
      Guest guest = Guest.load(Path.of(arguments[0]));
      CountDownLatch served = new CountDownLatch(WAITING);
      try (Sandbox sandbox = Sandbox.builder(guest).hostAction("wait_in_host", () -> {}).build();
          Snapshot snapshot = sandbox.snapshot();
          SandboxPool pool = SandboxPool.builder(snapshot).size(1).maxWait(LONG).build()) {
        Lease<Sandbox> lease = pool.acquire();
        for (int i = 0; i < WAITING; i++) {
          Thread.ofVirtual()
              .start(() -> {
                pool.call("count", int.class);
                served.countDown();
              });
        }
        Await.until("all wait", () -> pool.statistics().waiting() == WAITING);
        Thread.ofVirtual().start(lease::close);
        served.await();
        System.out.println(WAITING + " served");
      }
    }
  }
}
