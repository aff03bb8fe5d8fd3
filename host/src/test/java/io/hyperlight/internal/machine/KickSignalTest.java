package io.hyperlight.internal.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.hyperlight.internal.machine.arch.MachineUnsupportedException;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.PendingSignals;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which signal stops guests, and that it stays pending until it is taken. */
@NotInHardwareLane("No VM takes part.")
class KickSignalTest {
  @Test
  void aFreeSignalIsFoundOrCanBeNamed() {
    assertThat(KickSignal.pick(null)).isBetween(41, 64).isNotEqualTo(62);
    assertThat(KickSignal.pick("50")).isEqualTo(50);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "12", "34", "65", "-1"})
  void whatIsNoRealTimeSignalIsRefused(String value) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> KickSignal.pick(value))
        .withMessageContaining(KickSignal.PROPERTY);
  }

  @Test
  void theJdksSignalIsRefused() {
    assertThatExceptionOfType(MachineUnsupportedException.class)
        .isThrownBy(() -> KickSignal.pick("62"))
        .withMessageContaining(KickSignal.PROPERTY);
  }

  @Test
  void aKickStaysPendingUntilItIsTakenHoweverOftenItWasSent() {
    KickSignal.choose();
    KickSignal.Target self = KickSignal.target();
    assertThat(PendingSignals.ofThisThread()).isZero();
    assertThat(KickSignal.send(self.thread())).isTrue();
    assertThat(KickSignal.send(self.thread())).isTrue();
    assertThat(PendingSignals.ofThisThread()).isNotZero();
    KickSignal.drain();
    assertThat(PendingSignals.ofThisThread()).isZero();
  }
}
