package io.hyperlight.internal.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.testing.Await;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.PendingSignals;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a stop does at each point of docs/interrupts.md, without a VM. */
@NotInHardwareLane("No VM takes part.")
class CallTest {
  private final Call control = new Call(Call.UNLIMITED);

  @BeforeAll
  static void choose() {
    KickSignal.choose();
  }

  @BeforeEach
  @AfterEach
  void nothingIsPending() {
    assertThat(PendingSignals.ofThisThread()).isZero();
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
  }

  @AfterEach
  void close() {
    control.close();
  }

  private void begin() {
    control.begin(Thread.currentThread(), Call.UNLIMITED);
  }

  private boolean stopFromElsewhere() {
    return CompletableFuture.supplyAsync(() -> control.stop(Stop.INTERRUPTED)).join();
  }

  private int run(Call.Run run) {
    return control.run(KickSignal.target(), run);
  }

  @Test
  void point1WithoutACallThereIsNothingToStopAndTheNextCallIsNotAffected() {
    assertThat(stopFromElsewhere()).isFalse();
    begin();
    assertThat(control.stopped()).isNull();
    assertThat(run(() -> 0)).isZero();
    control.end();
    assertThat(stopFromElsewhere()).isFalse();
    begin();
    assertThat(run(() -> 0)).isZero();
    control.end();
  }

  @Test
  void point2ACallThatHasNotEnteredItsGuestDoesNotEnterIt() {
    AtomicBoolean ran = new AtomicBoolean();
    begin();
    assertThat(stopFromElsewhere()).isTrue();
    int result =
        run(() -> {
          ran.set(true);
          return 0;
        });
    assertThat(result).isEqualTo(Call.STOPPED);
    assertThat(ran).isFalse();
    assertThat(control.stopped()).isEqualTo(Stop.INTERRUPTED);
    control.end();
  }

  @Test
  void point3AGuestThatRunsIsKickedAndNothingStaysPending() {
    begin();
    int result =
        run(() -> {
          assertThat(stopFromElsewhere()).isTrue();
          assertThat(PendingSignals.ofThisThread()).isNotZero();
          return Errno.EINTR;
        });
    assertThat(result).isEqualTo(Call.STOPPED);
    assertThat(PendingSignals.ofThisThread()).isZero();
    control.end();
  }

  @Test
  void point3AnErrorOfTheHostLeavesNothingPendingEither() {
    begin();
    assertThatThrownBy(() ->
            run(() -> {
              assertThat(stopFromElsewhere()).isTrue();
              throw new StackOverflowError("of the host");
            }))
        .isInstanceOf(StackOverflowError.class);
    assertThat(PendingSignals.ofThisThread()).isZero();
    control.end();
    begin();
    assertThat(run(() -> 0)).isZero();
    control.end();
  }

  @Test
  void point3ASignalOfSomebodyElseStopsNothingAndIsTakenIfItIsOurs() {
    begin();
    int result =
        run(() -> {
          assertThat(KickSignal.send(KickSignal.target().thread())).isTrue();
          return Errno.EINTR;
        });
    assertThat(result).isEqualTo(Errno.EINTR);
    assertThat(control.stopped()).isNull();
    control.end();
  }

  @Test
  void point4BetweenTwoExitsTheGuestIsNotEnteredAgain() {
    begin();
    assertThat(run(() -> 0)).isZero();
    assertThat(stopFromElsewhere()).isTrue();
    assertThat(control.goOutside()).isFalse();
    assertThat(run(() -> 0)).isEqualTo(Call.STOPPED);
    control.end();
  }

  @Test
  void point5TheThreadIsInterruptedAndWhatItDoesNotConsumeIsTakenBack() {
    begin();
    assertThat(control.goOutside()).isTrue();
    assertThat(stopFromElsewhere()).isTrue();
    assertThat(Thread.currentThread().isInterrupted()).isTrue();
    control.comeBack();
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
    assertThat(run(() -> 0)).isEqualTo(Call.STOPPED);
    control.end();
  }

  @Test
  void point5AnInterruptOfSomebodyElseIsNotTakenBack() {
    begin();
    assertThat(control.goOutside()).isTrue();
    Thread.currentThread().interrupt();
    // Called from this thread, since waiting for another one would clear the status for a moment.
    assertThat(control.stop(Stop.INTERRUPTED)).isTrue();
    control.comeBack();
    assertThat(Thread.interrupted()).isTrue();
    control.end();
  }

  @Test
  void point6ASleepEndsAtOnce() {
    begin();
    assertThat(control.goOutside()).isTrue();
    CompletableFuture<Boolean> stopped =
        CompletableFuture.supplyAsync(() -> control.stop(Stop.INTERRUPTED));
    assertThatThrownBy(() -> TimeUnit.DAYS.sleep(1)).isInstanceOf(InterruptedException.class);
    control.comeBack();
    assertThat(stopped.join()).isTrue();
    control.end();
  }

  @Test
  void point7AGuestThatHasFinishedInTheSameMomentHasFinished() {
    begin();
    int result =
        run(() -> {
          assertThat(stopFromElsewhere()).isTrue();
          return 0;
        });
    assertThat(result).isZero();
    assertThat(PendingSignals.ofThisThread()).isZero();
    control.end();
    assertThat(stopFromElsewhere()).isFalse();
  }

  @Test
  void point8WhatIsNoCallCannotBeStopped() {
    assertThat(control.goOutside()).isTrue();
    assertThat(stopFromElsewhere()).isFalse();
    control.comeBack();
    control.end();
  }

  @Test
  void theFirstReasonCounts() {
    begin();
    assertThat(control.stop(Stop.TIMED_OUT)).isTrue();
    assertThat(control.stop(Stop.INTERRUPTED)).isTrue();
    assertThat(control.stopped()).isEqualTo(Stop.TIMED_OUT);
    control.end();
  }

  @Test
  void aKickThatTheKernelHasLostIsRepeatedByTheWatchdog() {
    begin();
    int result =
        run(() -> {
          assertThat(stopFromElsewhere()).isTrue();
          KickSignal.drain(); // as if it had not arrived
          try {
            Await.until("kicked again", () -> PendingSignals.ofThisThread() != 0);
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          return Errno.EINTR;
        });
    assertThat(result).isEqualTo(Call.STOPPED);
    control.end();
  }

  @Test
  void theWatchdogWakesUpForACallAfterALongPause() throws InterruptedException {
    begin();
    assertThat(run(() -> 0)).isZero();
    control.end();
    for (int round = 0; round < 3; round++) {
      Await.until("the watchdog dozes", Watchdog::isDozing);
      control.begin(Thread.currentThread(), 1);
      assertThat(run(() -> untilKicked())).isEqualTo(Call.STOPPED);
      assertThat(control.stopped()).isEqualTo(Stop.TIMED_OUT);
      control.end();
    }
  }

  private static int untilKicked() {
    try {
      Await.until("kicked", () -> PendingSignals.ofThisThread() != 0);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return Errno.EINTR;
  }

  @Test
  void processorTimeOfThreadsThatTakeTurnsIsCountedForTheirRunsOnly() {
    try (Call limited = new Call(TimeUnit.SECONDS.toNanos(1_000))) {
      limited.begin(Thread.currentThread(), Call.UNLIMITED);
      for (int turn = 0; turn < 100; turn++) {
        assertThat(limited.runForOther(KickSignal.target(), () -> 0)).isZero();
      }
      assertThat(limited.stopped()).isNull();
      limited.end();
    }
    try (Call limited = new Call(1)) {
      limited.begin(Thread.currentThread(), Call.UNLIMITED);
      assertThat(limited.runForOther(KickSignal.target(), () -> 0)).isZero();
      assertThat(limited.stopped()).isEqualTo(Stop.PROCESSOR_TIME_USED);
      limited.end();
    }
  }
}
