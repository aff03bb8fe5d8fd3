package io.hyperlight.containment;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.FileTree;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.HyperlightException;
import io.hyperlight.testing.Descriptors;
import io.hyperlight.testing.Held;
import io.hyperlight.testing.RawSystemCalls;
import io.hyperlight.testing.RecordingLogger;
import io.hyperlight.testing.ResetOracle;
import io.hyperlight.testing.TemporaryFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
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
@Tag("slow")
class SystemCallFuzzTest {
  private static final int CALLS = Integer.getInteger("hyperlight.test.systemCalls", 8_000);

  /** Numbers of calls that deal with files and descriptors. */
  private static final long[] OF_FILES = {
    0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 17, 18, 19, 20, 21, 22, 23, 32, 33, 40, 72, 73, 74, 76, 77, 78,
    79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 95, 132, 133, 137, 138, 187, 188, 191,
    194, 217, 221, 235, 257, 258, 260, 261, 262, 263, 264, 265, 266, 267, 268, 269, 270, 271, 280,
    285, 292, 293, 295, 296, 316, 326, 327, 328, 332, 436, 439
  };

  private static final String[] PATHS = {
    "/f", "/h/f", "/h", "/h/../f", "new", "new/x", "/h/l", "/proc/self/fd/3", "/dev/zero",
        "/proc/self/maps",
    "..", ".", "/dev", "/proc/self/fd", "/dev/stdout", "a", "a/b", "/h/none", "/dev/null", "/"
  };

  private static final Path HOST = hostDirectory();

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
                // With this clock, sleeping takes no time.
                .clock(Clock.fixed(Instant.ofEpochSecond(1_800_000_000), ZoneOffset.UTC))
                .mount("/", FileTree.memory(1 << 20).with("f", new byte[5000]))
                .mount("/h", FileTree.directory(HOST))
                .build();
        Snapshot snapshot = sandbox.snapshot();
        Sandbox fuzzed = snapshot.spawn()) {
      ResetOracle oracle = new ResetOracle(snapshot);
      RawSystemCalls guest = new RawSystemCalls(fuzzed);
      long area = guest.area();
      fuzzed.restore(snapshot);
      Held before = Held.now(64 << 20);
      Map<String, Integer> hostFiles = Descriptors.of(HOST.toString());
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
      assertThat(Descriptors.of(HOST.toString())).isEqualTo(hostFiles);
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
      if (random.nextInt(10) == 0) {
        putPath(random, guest, area);
      }
      long result = guest.call(number, arguments);
      assertThat(result).as("of %d", number).matches(r -> r < -4095 || r >= -133);
      answered++;
    } catch (HyperlightException e) {
      assertThat(e.getMessage()).isNotBlank();
      ended++;
      fuzzed.restore(snapshot);
    }
  }

  private static Path hostDirectory() {
    try {
      Path directory = TemporaryFolder.create("fuzz").toRealPath();
      Files.writeString(directory.resolve("f"), "of the host");
      Files.createSymbolicLink(directory.resolve("l"), Path.of("/etc/passwd"));
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Puts a path where some arguments point to. */
  private static void putPath(Random random, RawSystemCalls guest, long area) {
    byte[] path = (PATHS[random.nextInt(PATHS.length)] + "\0").getBytes(US_ASCII);
    long target = area + PAGE * random.nextInt(4);
    for (int i = 0; i < path.length; i++) {
      guest.poke(target + i, path[i]);
    }
  }

  private static long number(Random random) {
    return switch (random.nextInt(11)) {
      case 8, 9, 10 -> OF_FILES[random.nextInt(OF_FILES.length)];
      case 0 -> random.nextLong();
      case 1 -> 0x484c_0001L + random.nextInt(8);
      case 2 -> new long[] {9, 10, 11, 12, 25, 28}[random.nextInt(6)];
      case 3 -> new long[] {13, 14, 15, 131, 234, 62}[random.nextInt(6)];
      default -> random.nextInt(HIGHEST);
    };
  }

  private static long argument(Random random, long area) {
    return switch (random.nextInt(15)) {
      case 11 -> random.nextInt(8);
      case 12 -> -100; // AT_FDCWD
      case 13 -> area + PAGE * random.nextInt(4);
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
