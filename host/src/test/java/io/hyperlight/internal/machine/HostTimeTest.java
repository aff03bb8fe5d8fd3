package io.hyperlight.internal.machine;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import io.hyperlight.testing.NotInHardwareLane;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The host's clocks over a counter: how they are measured, and when the counter is of no use. */
@NotInHardwareLane("No VM takes part.")
class HostTimeTest {
  private static final long SECOND = 1_000_000_000;

  /** Counts for each nanosecond. */
  private static final double GIGAHERTZ = 2.5;

  private static final long SLOPE = (long) ((1L << HostTime.SHIFT) / GIGAHERTZ);

  /** Clocks that pass by themselves a little whenever one is read. */
  private static final class Clocks {
    private final Random random = new Random(1);
    double counter = 1e12;
    double nanos = 3e14;
    double ahead = 1.7e18;
    double frequency = GIGAHERTZ;
    boolean trusted = true;
    int looks;
    final HostTime time =
        new HostTime(
            () -> read(counter),
            () -> read(nanos),
            () -> read(nanos + ahead),
            () -> {
              looks++;
              return trusted;
            });

    private long read(double value) {
      pass(random.nextLong(10, 60));
      return (long) value;
    }

    void pass(long time) {
      nanos += time;
      counter += time * frequency;
    }

    HostTime.@Nullable Reading after(long time) {
      pass(time);
      return time().read();
    }

    HostTime time() {
      return time;
    }

    HostTime.Reading begin() {
      assertThat(time.read()).isNull();
      return requireNonNull(after(10_000_000));
    }
  }

  @Test
  void theSlopeIsKnownAfterAMillisecondAndBetterLater() {
    Clocks clocks = new Clocks();
    assertThat(clocks.time.read()).isNull();
    assertThat(clocks.after(100_000)).isNull();
    HostTime.Reading first = requireNonNull(clocks.after(2_000_000));
    assertThat(first.slope()).isCloseTo(SLOPE, offset(SLOPE / 5_000));
    HostTime.Reading later = requireNonNull(clocks.after(5 * SECOND));
    assertThat(later.slope()).isCloseTo(SLOPE, offset(SLOPE / 10_000_000));
    assertThat(later.epoch()).isEqualTo(first.epoch());
  }

  @Test
  void theSlopeFollowsADriftOfTheClock() {
    Clocks clocks = new Clocks();
    clocks.begin();
    for (int i = 0; i < 60; i++) {
      clocks.frequency = GIGAHERTZ * (1 + i * 1e-6);
      assertThat(clocks.after(SECOND)).isNotNull();
    }
    HostTime.Reading last = requireNonNull(clocks.after(1));
    long expected = (long) ((1L << HostTime.SHIFT) / clocks.frequency);
    assertThat(last.slope()).isCloseTo(expected, offset(SLOPE / 50_000));
  }

  @Test
  void aReadingIsOfOneMoment() {
    Clocks clocks = new Clocks();
    HostTime.Reading first = clocks.begin();
    for (int i = 0; i < 1000; i++) {
      HostTime.Reading now = requireNonNull(clocks.after(clocks.random.nextLong(10_000_000)));
      double nanos = (now.counter() - first.counter()) / GIGAHERTZ;
      assertThat((double) (now.nanos() - first.nanos())).isCloseTo(nanos, offset(150.0));
    }
  }

  @Test
  void realTimeKeepsItsDistanceUntilItIsSet() {
    Clocks clocks = new Clocks();
    HostTime.Reading first = clocks.begin();
    assertThat(first.ahead()).isCloseTo((long) clocks.ahead, offset(200L));
    for (int i = 0; i < 1000; i++) {
      assertThat(requireNonNull(clocks.after(1_000_000)).ahead()).isEqualTo(first.ahead());
    }
    for (double step : new double[] {-3_600e9, -1e6, 1e6, 1e12}) {
      clocks.ahead += step;
      assertThat(requireNonNull(clocks.after(1)).ahead())
          .isCloseTo((long) clocks.ahead, offset(500L));
    }
  }

  @Test
  void aCounterThatWasSetOrClocksThatStoodStillMakeANewEpoch() {
    for (double jump : new double[] {-1e12, -1e6, 1e9, 1e13}) {
      Clocks clocks = new Clocks();
      HostTime.Reading first = clocks.begin();
      clocks.counter += jump;
      assertThat(clocks.after(1)).as("after %f", jump).isNull();
      assertThat(clocks.after(1)).as("not known yet").isNull();
      HostTime.Reading later = requireNonNull(clocks.after(10_000_000));
      assertThat(later.epoch()).isNotEqualTo(first.epoch());
      assertThat(later.slope()).isCloseTo(SLOPE, offset(SLOPE / 10_000));
    }
  }

  @Test
  void aCounterIsNotUsedUnlessTheKernelDoesSo() {
    Clocks never = new Clocks();
    never.trusted = false;
    for (int i = 0; i < 100; i++) {
      assertThat(never.after(SECOND)).isNull();
    }
    assertThat(never.looks).isEqualTo(1);

    Clocks noLonger = new Clocks();
    noLonger.begin();
    noLonger.trusted = false;
    for (int i = 0; i < 15; i++) {
      noLonger.after(SECOND);
    }
    assertThat(noLonger.after(SECOND)).isNull();
  }

  @Test
  void readingsThatTakeLongAreOfNoUse() {
    Clocks clocks = new Clocks();
    HostTime slow =
        new HostTime(
            () -> {
              clocks.pass(20_000_000);
              return (long) clocks.counter;
            },
            () -> clocks.read(clocks.nanos),
            () -> clocks.read(clocks.nanos + clocks.ahead),
            () -> true);
    for (int i = 0; i < 20; i++) {
      assertThat(slow.read()).isNull();
    }
  }

  @Test
  void noSlopeIsThatOfAnImpossibleCounter() {
    assertThat(HostTime.slope(2_500_000_000L, SECOND)).isEqualTo(SLOPE);
    assertThat(HostTime.slope(0, 1)).isZero();
    assertThat(HostTime.slope(-1, 1)).isZero();
    assertThat(HostTime.slope(1, 0)).isZero();
    assertThat(HostTime.slope(1, Long.MAX_VALUE)).isZero();
    assertThat(HostTime.slope(Long.MAX_VALUE, 1)).isZero();
  }
}
