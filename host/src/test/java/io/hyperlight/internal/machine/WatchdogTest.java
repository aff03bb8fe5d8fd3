package io.hyperlight.internal.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.testing.Await;
import io.hyperlight.testing.NotInHardwareLane;
import java.time.Duration;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The thread that watches time limits, and callers that get an error of the JVM while they wake it.
 */
@NotInHardwareLane("No VM takes part.")
class WatchdogTest {
  private static final long STACK_SIZE = 256 << 10;

  /** More frames than the calls of a wake-up can need. */
  private static final int FRAMES = 40;

  private static final Duration FOREVER = Duration.ofSeconds(30);

  @BeforeAll
  static void choose() {
    KickSignal.choose();
  }

  private int overflows;

  /**
   * Recurses until the stack ends, and wakes the watchdog where there is room for this number of
   * frames.
   *
   * @return how many frames have been left
   */
  @SuppressWarnings("InfiniteRecursion") // its end is that of the stack
  private int wakeWithRoomFor(int frames) {
    int left;
    try {
      left = wakeWithRoomFor(frames);
    } catch (StackOverflowError e) {
      left = 0;
    }
    if (left == frames) {
      try {
        Watchdog.wake();
      } catch (StackOverflowError e) {
        overflows++;
      }
    }
    return left + 1;
  }

  @Test
  void aCallerWithoutStackToWakeItLeavesItToTheNext() throws Exception {
    FutureTask<Integer> task = new FutureTask<>(this::overflowInWake);
    Thread thread = new Thread(null, task, "little stack", STACK_SIZE);
    thread.start();

    assertThat(task.get()).as("overflows").isPositive();
  }

  private int overflowInWake() throws InterruptedException {
    try (Call control = new Call(Call.UNLIMITED)) {
      for (int frames = 0; frames < FRAMES; frames++) {
        Await.until("it dozes", Watchdog::isDozing);
        wakeWithRoomFor(frames);
        assertThat(isStoppedInTime(control)).as("room for %d frames", frames).isTrue();
      }
    }
    return overflows;
  }

  private static boolean isStoppedInTime(Call control) {
    long start = System.nanoTime();
    control.begin(Thread.currentThread(), Duration.ofMillis(1).toNanos());
    control.run(
        KickSignal.target(),
        () -> {
          while (!control.isStopped() && System.nanoTime() - start < FOREVER.toNanos()) {
            Thread.onSpinWait();
          }
          return Errno.EINTR;
        });
    boolean stopped = control.isStopped();
    control.end();
    return stopped;
  }
}
