package io.hyperlight.pools;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Guest;
import io.hyperlight.Lease;
import io.hyperlight.Sandbox;
import io.hyperlight.SandboxPool;
import io.hyperlight.Snapshot;
import io.hyperlight.testing.ChildJvm;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.Descriptors;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Uses a pool while the heap is full, again and again. It runs in another JVM with a small heap,
 * because what the JDK loses on a full heap stays lost. A full heap can lose virtual threads, too,
 * so the callers are platform threads.
 */
@Tag("slow")
class FullHeapPoolTest {
  private static final String PROGRAM =
      """
      #include <hyperlight.h>
      HL_EXPORT(int32_t, one)
      int32_t one(void) { return 1; }
      """;

  @Test
  void thePoolHasItsPlacesAgainAndNothingIsLeftOpenWhenItIsClosed() {
    List<String> command =
        new ArrayList<>(
            ChildJvm.commandLine(
                Full.class,
                List.of("--enable-native-access=ALL-UNNAMED", "-Xmx32m", "-XX:+UseSerialGC")));
    command.add(CompiledGuest.fileOf(PROGRAM).toString());

    assertThat(Command.run(command).outputOfSuccess())
        .endsWith("all places, closed {open kvm=1} {}\n");
  }

  /** The child. */
  static final class Full {
    private static final int SIZE = 3;
    private static final int CALLERS = 4;
    private static final int FILLINGS = 3;

    /** How many errors callers get before the heap is free again. */
    private static final int ERRORS = CALLERS;

    /** Far more than it takes: a JVM that is stuck says where. */
    private static final Duration MOST = Duration.ofMinutes(3);

    private static final AtomicInteger calls = new AtomicInteger();
    private static final AtomicInteger errors = new AtomicInteger();
    private static volatile boolean stopped;

    private Full() {}

    public static void main(String[] arguments) throws Exception {
      Thread.ofPlatform().daemon().start(Full::endWhenStuck);
      try (Sandbox sandbox = Sandbox.builder(Guest.load(Path.of(arguments[0]))).build();
          Snapshot snapshot = sandbox.snapshot();
          SandboxPool pool =
              SandboxPool.builder(snapshot)
                  .size(SIZE)
                  .maxUses(5)
                  .maxWait(Duration.ofSeconds(1))
                  .build()) {
        for (int i = 0; i < 200; i++) {
          callOnce(pool); // loads what is needed
        }
        List<Thread> callers = new ArrayList<>();
        for (int i = 0; i < CALLERS; i++) {
          callers.add(Thread.ofPlatform().daemon().start(() -> callUntilStopped(pool)));
        }
        awaitMore(calls, CALLERS);
        for (int i = 0; i < FILLINGS; i++) {
          fillHeap();
          awaitMore(calls, CALLERS); // the pool goes on
        }
        stopped = true;
        for (Thread caller : callers) {
          caller.join();
        }
        List<Lease<Sandbox>> leases = new ArrayList<>();
        for (int i = 0; i < SIZE; i++) {
          leases.add(pool.acquire(Duration.ofMinutes(1)));
        }
        leases.forEach(Lease::close);
      }
      System.out.println(
          "all places, closed "
              + Descriptors.ofKvm()
              + " "
              + Descriptors.of("hyperlight-snapshot"));
    }

    /** Makes the next call whatever the last one ended with. */
    private static void callUntilStopped(SandboxPool pool) {
      while (!stopped) {
        try {
          callOnce(pool);
          calls.incrementAndGet();
        } catch (Throwable t) {
          errors.incrementAndGet();
        }
      }
    }

    private static void callOnce(SandboxPool pool) {
      int result = pool.call("one", int.class);
      if (result != 1) {
        throw new IllegalStateException("result " + result);
      }
    }

    /**
     * Fills the heap, down to the smallest gap, until callers have found it full. Each size fails
     * only once: every failure is a collection of the whole heap.
     */
    private static void fillHeap() {
      int before = errors.get();
      Object chain = Full.class;
      for (int length = 1 << 20; length > 0; ) {
        try {
          Object[] next = new Object[length];
          next[0] = chain;
          chain = next;
        } catch (OutOfMemoryError e) {
          length /= 2;
        }
      }
      while (errors.get() - before < ERRORS) {
        LockSupport.parkNanos(chain, 1_000_000);
      }
    }

    private static void awaitMore(AtomicInteger counter, int more) {
      int before = counter.get();
      while (counter.get() - before < more) {
        LockSupport.parkNanos(1_000_000);
      }
    }

    private static void endWhenStuck() {
      LockSupport.parkNanos(MOST.toNanos());
      for (Map.Entry<Thread, StackTraceElement[]> entry : Thread.getAllStackTraces().entrySet()) {
        System.err.println(entry.getKey());
        for (StackTraceElement element : entry.getValue()) {
          System.err.println("  at " + element);
        }
      }
      Runtime.getRuntime().halt(1);
    }
  }
}
