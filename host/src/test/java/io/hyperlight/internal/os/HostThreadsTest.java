package io.hyperlight.internal.os;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.testing.CProgram;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.PendingSignals;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Signals and clocks of threads. */
@NotInHardwareLane("No VM takes part.")
class HostThreadsTest {
  /** No other code of this process uses it. */
  private static final int SIGNAL = 55;

  /** Larger than any number of a thread. */
  private static final int NO_THREAD = 1 << 23;

  @Test
  void theNumberOfAThreadIsTheKernels() {
    assertThat(Files.exists(Path.of("/proc/self/task/" + HostThreads.current()))).isTrue();
    assertThat(CompletableFuture.supplyAsync(HostThreads::current).join())
        .isNotEqualTo(HostThreads.current());
  }

  @Test
  void aBlockedSignalStaysPendingUntilItIsTaken() {
    CompletableFuture.runAsync(
            () -> {
              HostThreads.ignore(SIGNAL);
              HostThreads.block(SIGNAL);
              assertThat(HostThreads.block(SIGNAL) & HostThreads.bit(SIGNAL)).isNotZero();
              MemorySegment set = HostThreads.setOf(SIGNAL);
              assertThat(HostThreads.take(set)).isFalse();
              assertThat(HostThreads.send(HostThreads.current(), SIGNAL)).isTrue();
              assertThat(PendingSignals.ofThisThread()).isEqualTo(HostThreads.bit(SIGNAL));
              assertThat(HostThreads.take(set)).isTrue();
              assertThat(HostThreads.take(set)).isFalse();
            },
            task -> Thread.ofPlatform().start(task))
        .join();
    assertThat(HostThreads.disposition(SIGNAL)).isEqualTo(HostThreads.SIG_IGN);
  }

  @Test
  void aThreadThatDoesNotExistIsAnErrorAndNothingElse() {
    assertThat(HostThreads.send(NO_THREAD, SIGNAL)).isFalse();
    assertThat(HostThreads.processorNanos(NO_THREAD)).isEqualTo(-1);
  }

  @Test
  void handlersOfTheJvmAreSeen() {
    int sigsegv = 11;
    assertThat(HostThreads.disposition(sigsegv)).isNotIn(HostThreads.SIG_DFL, HostThreads.SIG_IGN);
  }

  @Test
  void theProcessorTimeOfAThreadGrowsAsItComputes() {
    int self = HostThreads.current();
    long before = HostThreads.processorNanos(self);
    long start = System.nanoTime();
    while (HostThreads.processorNanos(self) == before) {
      assertThat(System.nanoTime() - start).isLessThan(60_000_000_000L);
    }
    assertThat(HostThreads.processorNanos(self)).isGreaterThan(before);
  }

  @Test
  void numbersAndLayoutsAreTheSystems() {
    Map<String, Long> expected =
        Map.of(
            "sizeof(sigset_t)", 128L,
            "sizeof(struct sigaction)", 152L,
            "offsetof(struct sigaction, sa_handler)", 0L,
            "SIG_BLOCK", 0L);
    assertThat(CProgram.evaluate("signal.h", expected.keySet())).isEqualTo(expected);
  }
}
