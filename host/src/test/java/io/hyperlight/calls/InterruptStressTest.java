package io.hyperlight.calls;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.CallInterruptedException;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.testing.ChildJvm;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.EndlessGuest;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.PendingSignals;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Interrupts at random moments: each ends the call that it found, or none. */
@Tag("slow")
class InterruptStressTest {
  private static final int CALLS = Integer.getInteger("hyperlight.test.interruptedCalls", 1_500);

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void everyCallReturnsItsValueOrIsInterruptedAndNothingIsLeft(boolean virtual) throws Throwable {
    List<Throwable> failures = new ArrayList<>();
    Thread.Builder builder = virtual ? Thread.ofVirtual() : Thread.ofPlatform();
    builder
        .start(() -> {
          try {
            Tally tally = interruptAtRandom(CALLS);
            assertThat(tally.returned).isPositive();
            assertThat(tally.interrupted).isPositive();
            assertThat(tally.interrupted).isLessThanOrEqualTo(tally.sent);
            if (!virtual) {
              assertThat(PendingSignals.ofThisThread()).isZero();
            }
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
          } catch (Throwable t) {
            failures.add(t);
          }
        })
        .join();
    assertThat(failures).isEmpty();
  }

  /** How calls have ended, and how many interrupts found one. */
  private record Tally(long returned, long interrupted, long sent) {}

  private static Tally interruptAtRandom(int calls) throws Throwable {
    AtomicBoolean done = new AtomicBoolean();
    AtomicLong sent = new AtomicLong();
    long returned = 0;
    long interrupted = 0;
    try (Sandbox original = EndlessGuest.builder().build();
        Snapshot snapshot = original.snapshot();
        Sandbox sandbox = snapshot.spawn()) {
      MethodHandle count = sandbox.function("count");
      MethodHandle pass = sandbox.function("pass");
      Thread interrupter =
          Thread.ofPlatform()
              .start(() -> {
                Random random = new Random(1);
                while (!done.get()) {
                  for (int i = random.nextInt(30_000); i > 0; i--) {
                    Thread.onSpinWait();
                  }
                  if (sandbox.interrupt()) {
                    sent.incrementAndGet();
                  }
                }
              });
      try {
        for (int call = 0; call < calls; call++) {
          try {
            // In its own code, or in and out of host functions.
            if (call % 2 == 0) {
              assertThat((int) count.invokeExact(call)).isEqualTo(call);
            } else {
              assertThat((long) pass.invokeExact(3L, 5L)).isEqualTo(15);
            }
            returned++;
          } catch (CallInterruptedException e) {
            assertThat(e.begun()).isTrue();
            interrupted++;
            sandbox.restore(snapshot);
          }
        }
      } finally {
        done.set(true);
        interrupter.join();
      }
      assertThat(sandbox.<Integer>call("add", int.class, 1, 2)).isEqualTo(3);
    }
    return new Tally(returned, interrupted, sent.get());
  }

  @ParameterizedTest
  @ValueSource(strings = {"-XX:+UseSerialGC", "-XX:+UseG1GC", "-XX:+UseZGC"})
  @NotInHardwareLane("Says nothing about the processor, and starts JVMs.")
  void neitherIsDisturbedByTheOther(String collector, @TempDir Path folder) {
    List<String> command =
        new ArrayList<>(
            ChildJvm.commandLine(
                Busy.class,
                List.of(
                    "--enable-native-access=ALL-UNNAMED",
                    collector,
                    "-Xmx256m",
                    "-Xcheck:jni",
                    "-Xlog:jfr*=off",
                    "-XX:StartFlightRecording=settings=profile,filename="
                        + folder.resolve("recording.jfr"))));
    command.add(EndlessGuest.file().toString());
    assertThat(Command.run(command).outputOfSuccess()).contains("all as it should be\n");
  }

  /**
   * The main class of a separate JVM. Calls time out during collections, thread dumps, child
   * processes and a recording that samples all threads.
   */
  static final class Busy {
    private static final int ROUNDS = 100;

    private Busy() {}

    public static void main(String[] arguments) throws Exception {
      AtomicBoolean done = new AtomicBoolean();
      AtomicLong disturbances = new AtomicLong();
      Thread disturber =
          Thread.ofPlatform()
              .start(() -> {
                while (!done.get()) {
                  disturb();
                  disturbances.incrementAndGet();
                }
              });
      Guest guest = Guest.load(Path.of(arguments[0]));
      int ended = 0;
      try (Sandbox original = EndlessGuest.builder(guest, () -> {}).build();
          Snapshot snapshot = original.snapshot();
          Sandbox sandbox = snapshot.spawn()) {
        for (int round = 0; round < ROUNDS; round++) {
          try {
            sandbox.within(Duration.ofMillis(2)).call("spin", void.class);
          } catch (GuestTimeoutException e) {
            ended++;
          }
          sandbox.restore(snapshot);
          if (sandbox.<Integer>call("add", int.class, round, 1) != round + 1) {
            throw new AssertionError(round);
          }
        }
      } finally {
        done.set(true);
        disturber.join();
      }
      if (ended == ROUNDS && disturbances.get() > 0 && PendingSignals.ofThisThread() == 0) {
        System.out.println("all as it should be");
      }
    }

    private static void disturb() {
      System.gc();
      Thread.getAllStackTraces();
      try {
        if (new ProcessBuilder("true").start().waitFor() != 0) {
          throw new AssertionError("a child process failed");
        }
      } catch (IOException | InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
