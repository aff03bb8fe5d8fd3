package io.hyperlight.internal.linux.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import io.hyperlight.testing.NotInHardwareLane;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Monotonic time that is computed from a counter follows the host's clock and never steps back. */
@NotInHardwareLane("No VM takes part.")
class CounterLineTest {
  private static final double[] GIGAHERTZ = {0.02, 0.5, 1, 2.1, 3.7, 5.2, 15};

  private static long slopeOf(double gigahertz) {
    return Math.round((1L << CounterLine.SHIFT) / gigahertz);
  }

  /** The host's clock over a counter, with a drift that changes. */
  private static final class Host {
    private final Random random;
    private final double gigahertz;
    long counter;
    double nanos = 1e15;
    double drift;

    Host(long seed, double gigahertz) {
      random = new Random(seed);
      this.gigahertz = gigahertz;
      counter = random.nextLong();
    }

    void pass(long time) {
      counter += (long) (time * gigahertz);
      nanos += (long) (time * gigahertz) / gigahertz * (1 + drift);
    }

    /** Changes the drift as NTP may: by at most 500 ppm. */
    void changeDrift() {
      drift = (random.nextDouble() - 0.5) * 1e-3;
    }

    /** Reads the clock with some error. */
    long read() {
      return (long) nanos + random.nextInt(-100, 101);
    }

    long slope() {
      return slopeOf(gigahertz);
    }
  }

  @Test
  void timeNeverStepsBackAndErrorsStaySmallWhateverTheHostsClockDrifts() {
    for (int seed = 0; seed < 70; seed++) {
      Host host = new Host(seed, GIGAHERTZ[seed % GIGAHERTZ.length]);
      CounterLine line = CounterLine.begin(host.counter, host.read(), host.slope());
      long last = 0;
      int good = 0;
      for (int step = 0; step < 20_000; step++) {
        host.pass(host.random.nextLong(step % 3 == 0 ? 30_000_000 : 2_000));
        if (step % 500 == 0) {
          host.changeDrift();
        }
        if (!line.isGoodAt(host.counter) || host.random.nextInt(20) == 0) {
          line = line.next(host.counter, host.read(), host.slope());
        }
        long now = line.at(host.counter);
        assertThat(now).as("seed %d, step %d", seed, step).isGreaterThanOrEqualTo(last);
        assertThat(Math.abs(now - host.nanos))
            .as("seed %d, step %d", seed, step)
            .isLessThan(120_000); // 500 ppm of a line and of the one before
        last = now;
        good++;
      }
      assertThat(good).isEqualTo(20_000);
    }
  }

  @Test
  void aSuspendedHostIsAStepForward() {
    CounterLine line = CounterLine.begin(1_000_000, 5_000, 1L << CounterLine.SHIFT);
    CounterLine later = line.next(2_000_000, 3_600_000_000_000L, 1L << CounterLine.SHIFT);
    assertThat(later.at(2_000_000)).isEqualTo(3_600_000_000_000L);
  }

  @Test
  void aCounterThatIsLittleBehindIsAtTheBeginningAndOneThatWasSetAtTheEnd() {
    CounterLine line = CounterLine.begin(1_000_000_000, 5_000, 1L << CounterLine.SHIFT);
    assertThat(line.at(line.counter() - 50)).isEqualTo(5_000);
    assertThat(line.isGoodAt(line.counter() - 50)).isTrue();
    CounterLine next = line.next(line.counter() - 50, 4_900, 1L << CounterLine.SHIFT);
    assertThat(next.at(next.counter())).isEqualTo(5_000);
    for (long set : new long[] {10, line.counter() - line.counts(), Long.MIN_VALUE, -1}) {
      assertThat(line.isGoodAt(set)).isFalse();
      CounterLine reversed = line.next(set, 2_000, 1L << CounterLine.SHIFT);
      assertThat(reversed.at(set)).isEqualTo(line.at(line.counter() + line.counts()));
    }
  }

  @Test
  void anErrorIsGoneAtTheEndOfALine() {
    long slope = slopeOf(2.1);
    for (long error : new long[] {-1_000_000, -5_000, -1, 0, 1, 5_000, 1_000_000}) {
      CounterLine line =
          CounterLine.begin(0, 1_000_000_000, slope).next(0, 1_000_000_000 + error, slope);
      assertThat(line.at(0)).isEqualTo(1_000_000_000);
      assertThat(line.at(210_000_000)).isCloseTo(1_100_000_000 + error, offset(20L));
    }
  }

  @Test
  void noProductOverflows() {
    for (double gigahertz : GIGAHERTZ) {
      long slope = slopeOf(gigahertz);
      CounterLine line = CounterLine.begin(Long.MAX_VALUE - 5, 1, slope);
      assertThat(line.at(line.counter() + line.counts()))
          .isBetween(CounterLine.LENGTH * 99 / 100, CounterLine.LENGTH + 2);
    }
  }
}
