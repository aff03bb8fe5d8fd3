package io.hyperlight.calls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.HostFunction;
import io.hyperlight.Sandbox;
import io.hyperlight.error.CallInterruptedException;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.error.HyperlightException;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.NotInHardwareLane;
import java.nio.channels.spi.AbstractInterruptibleChannel;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

/**
 * Code of the embedder that runs when a thread is interrupted. Here it blocks until another
 * tenant's call has ended by its own limit. If that call waited for it, neither would ever end.
 */
@NotInHardwareLane("Says nothing about the processor.")
class ForeignInterruptTest {
  private static final String PROGRAM =
      """
      #include <hyperlight.h>
      HL_IMPORT(int64_t, fetch)
      HL_EXPORT(int64_t, use)
      int64_t use(void) { return fetch(); }
      HL_EXPORT(void, spin)
      void spin(void) { for (;;) { } }
      """;

  private final CountDownLatch interrupting = new CountDownLatch(1);
  private final CountDownLatch otherHasEnded = new CountDownLatch(1);

  private void standStill() {
    interrupting.countDown();
    awaitUninterruptibly(otherHasEnded);
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    boolean interrupted = false;
    while (true) {
      try {
        latch.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** A channel that is slow to close. */
  private final class SlowChannel extends AbstractInterruptibleChannel {
    @Override
    protected void implCloseChannel() {
      standStill();
    }

    long use() {
      try {
        begin();
        while (isOpen()) {
          Thread.onSpinWait();
        }
        end(false);
      } catch (java.io.IOException e) {
        // Closed by the interrupt.
      }
      return 1;
    }
  }

  /** A thread that is slow to be interrupted and to report its interrupt status. */
  private final class SlowThread extends Thread {
    SlowThread(Runnable task) {
      super(task);
    }

    @Override
    public void interrupt() {
      standStill();
      super.interrupt();
    }

    @Override
    public boolean isInterrupted() {
      if (Thread.currentThread() != this) {
        standStill();
      }
      return super.isInterrupted();
    }
  }

  private static Sandbox sandbox(HostFunction.Of0<Long> fetch, Duration limit) {
    return Sandbox.builder(CompiledGuest.of(PROGRAM))
        .callTimeout(limit)
        .hostFunction("fetch", fetch)
        .build();
  }

  private void anotherTenantEndsByItsOwnLimit() {
    try (Sandbox other = sandbox(() -> 1L, Duration.ofMillis(50))) {
      assertThatThrownBy(() -> other.call("spin", void.class))
          .isInstanceOf(GuestTimeoutException.class);
    } finally {
      otherHasEnded.countDown();
    }
  }

  @Test
  void aChannelThatIsSlowToCloseKeepsNobodyElseFromItsLimit() throws Exception {
    try (Sandbox slow = sandbox(() -> new SlowChannel().use(), Duration.ofMillis(50))) {
      FutureTask<Throwable> call =
          new FutureTask<>(() -> thrownBy(() -> slow.call("use", long.class)));
      Thread.ofPlatform().start(call);
      interrupting.await();
      anotherTenantEndsByItsOwnLimit();
      assertThat(call.get()).isInstanceOf(GuestTimeoutException.class);
    }
  }

  @Test
  void aThreadThatIsSlowToBeInterruptedKeepsNobodyElseFromItsLimit() throws Exception {
    CountDownLatch mayReturn = new CountDownLatch(1);
    try (Sandbox slow =
        sandbox(
            () -> {
              awaitUninterruptibly(mayReturn);
              return 1L;
            },
            Duration.ofMillis(50))) {
      FutureTask<Throwable> call =
          new FutureTask<>(() -> thrownBy(() -> slow.call("use", long.class)));
      new SlowThread(call).start();
      interrupting.await();
      anotherTenantEndsByItsOwnLimit();
      mayReturn.countDown();
      assertThat(call.get()).isInstanceOf(GuestTimeoutException.class);
    }
  }

  @Test
  void aThreadThatIsSlowToSayWhetherItIsInterruptedKeepsNobodyElseFromItsLimit() throws Exception {
    try (Sandbox slow = sandbox(() -> 1L, Duration.ofMinutes(5))) {
      FutureTask<Throwable> call =
          new FutureTask<>(() -> thrownBy(() -> slow.call("spin", void.class)));
      new SlowThread(call).start();
      anotherTenantEndsByItsOwnLimit();
      while (!slow.interrupt()) {
        Thread.onSpinWait();
      }
      assertThat(call.get()).isInstanceOf(CallInterruptedException.class);
    }
  }

  private static Throwable thrownBy(Runnable action) {
    try {
      action.run();
      throw new AssertionError("nothing");
    } catch (HyperlightException e) {
      return e;
    }
  }
}
