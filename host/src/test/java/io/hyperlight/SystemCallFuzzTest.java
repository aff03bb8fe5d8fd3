package io.hyperlight;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.testing.Held;
import io.hyperlight.testing.RecordingLogger;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random system calls with random arguments: each is answered, or ends in a typed exception, and
 * the host has nothing less or more afterwards. More of them with {@code
 * -Dhyperlight.test.systemCalls=...}.
 */
@Tag("dirty-tracking")
class SystemCallFuzzTest {
  private static final int CALLS = Integer.getInteger("hyperlight.test.systemCalls", 20_000);

  private static final int HIGHEST = 460;
  private static final long PAGE = 4096;

  private int answered;
  private int ended;

  @ParameterizedTest
  @ValueSource(longs = {21, 22, 23})
  void everySystemCallIsAnsweredOrEndsInATypedException(long seed) throws IOException {
    Random random = new Random(seed);
    try (Sandbox sandbox =
            Sandbox.builder(RawSystemCalls.GUEST)
                .memorySize(4 << 20)
                .logger(new RecordingLogger())
                // So that nobody waits.
                .clock(Clock.fixed(Instant.ofEpochSecond(1_800_000_000), ZoneOffset.UTC))
                .build();
        Snapshot snapshot = sandbox.snapshot();
        Sandbox fuzzed = snapshot.spawn()) {
      ResetOracle oracle = new ResetOracle(snapshot);
      RawSystemCalls guest = new RawSystemCalls(fuzzed);
      long area = guest.area();
      fuzzed.restore(snapshot);
      Held before = Held.now(64 << 20);
      for (int i = 0; i < CALLS; i++) {
        callSomething(random, guest, fuzzed, snapshot, area);
        if (i % 2000 == 1999) {
          fuzzed.restore(snapshot);
          assertThat(oracle.leaksOf(fuzzed)).as("after call %d", i).isEmpty();
          fuzzed.restore(snapshot);
        }
      }
      fuzzed.restore(snapshot);
      assertThat(Held.now(64 << 20)).isEqualTo(before);
      assertThat(answered).isGreaterThan(CALLS / 2);
      assertThat(ended).isPositive();
    }
  }

  private void callSomething(
      Random random, RawSystemCalls guest, Sandbox fuzzed, Snapshot snapshot, long area) {
    long number = number(random);
    long[] arguments = new long[6];
    for (int i = 0; i < arguments.length; i++) {
      arguments[i] = argument(random, area);
    }
    try {
      long result = guest.call(number, arguments);
      assertThat(result).as("of %d", number).matches(r -> r < -4095 || r >= -133);
      answered++;
    } catch (HyperlightException e) {
      assertThat(e.getMessage()).isNotBlank();
      ended++;
      fuzzed.restore(snapshot);
    }
  }

  private static long number(Random random) {
    return switch (random.nextInt(8)) {
      case 0 -> random.nextLong();
      case 1 -> 0x484c_0001L + random.nextInt(8);
      case 2 -> new long[] {9, 10, 11, 12, 25, 28}[random.nextInt(6)];
      case 3 -> new long[] {13, 14, 15, 131, 234, 62}[random.nextInt(6)];
      default -> random.nextInt(HIGHEST);
    };
  }

  private static long argument(Random random, long area) {
    return switch (random.nextInt(12)) {
      case 0 -> random.nextLong();
      case 1 -> 0;
      case 2 -> -1;
      case 3 -> random.nextInt(64);
      case 4 -> area + random.nextInt(16384);
      case 5 -> area + PAGE * random.nextInt(4);
      case 6 -> PAGE * random.nextInt(64);
      case 7 -> 1L << random.nextInt(64);
      case 8 -> (1L << random.nextInt(64)) - 1;
      case 9 -> 0x1_0000L + PAGE * random.nextInt(1024);
      case 10 -> 0x7fff_ffff_f000L - random.nextInt(8192);
      default -> 0x22;
    };
  }
}
