package io.hyperlight.internal.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.StoppedException;
import io.hyperlight.testing.NotInHardwareLane;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a checkpoint does, without a VM and without the watchdog. */
@NotInHardwareLane("No VM takes part.")
class CheckpointTest {
  private final Call control = new Call(Call.UNLIMITED);

  @BeforeEach
  void withoutTheWatchdog() {
    control.close();
  }

  @AfterEach
  void end() {
    control.end();
    Thread.interrupted();
  }

  private void begin(long timeoutNanos) {
    control.begin(Thread.currentThread(), timeoutNanos);
  }

  private void passMany() {
    for (int i = 0; i < Call.STEPS_BETWEEN_LOOKS; i++) {
      control.pass();
    }
  }

  private void assertStops(Stop why) {
    assertThatExceptionOfType(StoppedException.class).isThrownBy(this::passMany);
    assertThat(control.stopped()).isEqualTo(why);
    // It throws again if the first exception was caught.
    assertThatExceptionOfType(StoppedException.class).isThrownBy(control::pass);
  }

  @Test
  void aCallThatMayGoOnPasses() {
    begin(Call.UNLIMITED);
    assertThatCode(this::passMany).doesNotThrowAnyException();
    assertThat(control.stopped()).isNull();
  }

  @Test
  void aCallThatWasStoppedEndsAtTheNextStep() {
    begin(Call.UNLIMITED);
    assertThat(CompletableFuture.supplyAsync(() -> control.stop(Stop.INTERRUPTED)).join()).isTrue();
    assertThatExceptionOfType(StoppedException.class).isThrownBy(control::pass);
    assertThat(control.stopped()).isEqualTo(Stop.INTERRUPTED);
  }

  @Test
  void aCallWhoseTimeIsUpEndsAlsoIfNobodyElseLooksAtTheClock() {
    begin(0);
    assertStops(Stop.TIMED_OUT);
  }

  @Test
  void aCallWhoseThreadWasInterruptedEndsAndTheStatusStays() {
    begin(Call.UNLIMITED);
    Thread.currentThread().interrupt();
    assertStops(Stop.THREAD_INTERRUPTED);
    assertThat(Thread.currentThread().isInterrupted()).isTrue();
  }

  @Test
  void noNumberOfStepsOverflows() {
    begin(0);
    assertThatCode(control::pass).doesNotThrowAnyException();
    assertThatExceptionOfType(StoppedException.class)
        .isThrownBy(() -> control.pass(Long.MAX_VALUE));
  }

  @Test
  void workThatTakesManyStepsCountsAsMany() {
    begin(0);
    assertThatExceptionOfType(StoppedException.class)
        .isThrownBy(
            () -> control.passBytes((long) Call.STEPS_BETWEEN_LOOKS * Checkpoint.STEP_BYTES));
  }

  @Test
  void withoutACallNothingIsEnded() {
    Thread.currentThread().interrupt();
    assertThatCode(this::passMany).doesNotThrowAnyException();
    begin(0);
    assertStops(Stop.TIMED_OUT);
    control.end();
    assertThatCode(this::passMany).doesNotThrowAnyException();
  }
}
