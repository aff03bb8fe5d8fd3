package io.hyperlight.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.SandboxUnusableException;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.ResetOracle;
import io.hyperlight.testing.SourceFile;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Calls at the end of the stack. Wherever in the library it overflows, the sandbox afterwards is as
 * it was, or unusable until it is restored, and nothing of it runs on.
 */
@NotInHardwareLane("Says nothing about the processor, and fills the stack thousands of times.")
@Tag("slow")
class StackExhaustionTest {
  private static final String PROGRAM = SourceFile.of(StackExhaustionTest.class, "stack.c");

  private static final int ROUNDS = Integer.getInteger("hyperlight.test.rounds", 2);

  /**
   * How many calls may fit on the stack, one after the other, before there is room for any other as
   * well.
   */
  private static final int ROOM = 20;

  private final Sandbox original = Sandbox.builder(CompiledGuest.of(PROGRAM)).build();
  private final Snapshot snapshot = snapshot();
  private final Sandbox sandbox = snapshot.spawn();
  private final MethodHandle spin = sandbox.function("spin");
  private final MethodHandle readPort = sandbox.function("read_port");
  private final MethodHandle checkTarget = sandbox.function("check_target");
  private final MethodHandle leaveSecret = sandbox.function("leave_secret");
  private final MethodHandle findSecret = sandbox.function("find_secret");
  private final long counter = original.<Long>call("counter_address", long.class);

  /** An action at the end of the stack. */
  private interface Action {
    void run() throws Throwable;
  }

  /** A check after the stack has overflowed some steps from its end. */
  private interface Check {
    void run(int distance) throws Throwable;
  }

  @AfterEach
  void close() {
    sandbox.close();
    snapshot.close();
    original.close();
  }

  private Snapshot snapshot() {
    original.call("fill_target", void.class);
    return original.snapshot();
  }

  @Test
  void aCallThatDidNotHappenDoesNotUseUpTheResetOfTheProcessor() throws Throwable {
    List<String> leaks = new ArrayList<>();
    on(
        Thread.ofPlatform(),
        () -> {
          forEachOverflow(
              () -> {
                leaveSecret.invokeExact();
              },
              () -> {
                spin.invokeExact(1L);
              },
              distance -> {
                try {
                  long found = (long) findSecret.invokeExact();
                  if (found != 0) {
                    leaks.add("%d steps from the end: 0x%x".formatted(distance, found));
                  }
                } catch (SandboxUnusableException e) {
                  // Nobody gets to see anything.
                }
              });
        });
    assertThat(leaks).isEmpty();
  }

  @Test
  void anInstructionThatKvmHasNotFinishedIsNotFinishedAfterARestore() throws Throwable {
    List<String> leaks = new ArrayList<>();
    on(
        Thread.ofPlatform(),
        () -> {
          forEachOverflow(
              () -> {
                spin.invokeExact(1L);
              },
              () -> {
                try {
                  readPort.invokeExact();
                } catch (GuestFaultException e) {
                  // There was enough room for it.
                }
              },
              distance -> {
                sandbox.restore(snapshot);
                int changed = (int) checkTarget.invokeExact();
                if (changed >= 0) {
                  leaks.add("%d steps from the end: byte %d".formatted(distance, changed));
                }
              });
        });
    assertThat(leaks).isEmpty();
  }

  @Test
  void aGuestDoesNotRunOnForAVirtualThreadThatIsGone() throws Throwable {
    List<String> running = new ArrayList<>();
    on(
        Thread.ofVirtual(),
        () -> {
          forEachOverflow(
              () -> {
                spin.invokeExact(1L);
              },
              () -> {
                spin.invokeExact(3_000_000L);
              },
              distance -> {
                long before = readCounter();
                Thread.sleep(2);
                long after = readCounter();
                if (before != after) {
                  running.add("%d steps from the end: %d, %d".formatted(distance, before, after));
                  Thread.sleep(50);
                }
              });
        });
    assertThat(running).isEmpty();
  }

  /** Repeats an action with more and more room on the stack, until there is enough. */
  private void forEachOverflow(Action before, Action deep, Check after) throws Throwable {
    int overflows = 0;
    for (int round = 0; round < ROUNDS; round++) {
      int deepest = deepest();
      int successes = 0;
      for (int depth = deepest; depth > 0 && successes < ROOM; depth--) {
        before.run();
        sandbox.restore(snapshot);
        if (overflows(depth, deep)) {
          overflows++;
          successes = 0;
          after.run(deepest - depth);
        } else {
          successes++;
        }
        sandbox.restore(snapshot);
      }
    }
    assertThat(overflows).isPositive();
  }

  private long readCounter() {
    return ResetOracle.machineOf(sandbox).addressSpace().readLong(counter);
  }

  private static void on(Thread.Builder builder, Action action) throws Throwable {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Runnable guarded =
        () -> {
          try {
            action.run();
          } catch (Throwable t) {
            failure.set(t);
          }
        };
    builder.start(guarded).join();
    if (failure.get() != null) {
      throw failure.get();
    }
  }

  /**
   * Returns the depth of the stack, in steps, where there is no room even for a call that does
   * nothing.
   */
  private static int deepest() throws Throwable {
    int low = 0;
    int high = 1;
    while (!overflows(high, () -> {})) {
      low = high;
      high *= 2;
    }
    while (high - low > 1) {
      int middle = (low + high) >>> 1;
      if (overflows(middle, () -> {})) {
        high = middle;
      } else {
        low = middle;
      }
    }
    return low;
  }

  private static boolean overflows(int depth, Action action) throws Throwable {
    try {
      descend(depth, action);
      return false;
    } catch (StackOverflowError e) {
      return true;
    }
  }

  private static void descend(int depth, Action action) throws Throwable {
    if (depth > 0) {
      descend(depth - 1, action);
    } else {
      action.run();
    }
  }
}
