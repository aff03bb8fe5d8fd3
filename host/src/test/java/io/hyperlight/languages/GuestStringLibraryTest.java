package io.hyperlight.languages;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Sandbox;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.Seeds;
import io.hyperlight.testing.SourceFile;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares the guest library's memory and string functions with Java. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GuestStringLibraryTest {
  private static final int ROUNDS = 300;

  private static final String PROGRAM = SourceFile.of(GuestStringLibraryTest.class, "strings.c");

  @SuppressWarnings("NullAway.Init")
  private Sandbox sandbox;

  @BeforeAll
  void build() {
    sandbox = Sandbox.builder(CompiledGuest.of(PROGRAM)).build();
  }

  @AfterAll
  void close() {
    sandbox.close();
  }

  /** Of few different bytes, so that equal ones and zeroes meet. */
  private static byte[] bytes(RandomGenerator random, int least) {
    byte[] alphabet = {0, 1, 'a', 'b', 'c', 127, -128, -1};
    byte[] bytes = new byte[least + random.nextInt(200)];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = alphabet[random.nextInt(random.nextInt(8) == 0 ? 8 : 1 + random.nextInt(8))];
    }
    return bytes;
  }

  /** Returns the C string that these bytes contain. */
  private static byte[] cString(byte[] bytes) {
    int length = 0;
    while (length < bytes.length && bytes[length] != 0) {
      length++;
    }
    return Arrays.copyOf(bytes, length);
  }

  private static int indexOf(byte[] bytes, byte wanted) {
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == wanted) {
        return i;
      }
    }
    return -1;
  }

  private static byte[] changed(RandomGenerator random, byte[] bytes) {
    byte[] changed = bytes.clone();
    if (changed.length > 0 && random.nextInt(3) > 0) {
      changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
    }
    return changed;
  }

  private static LongStream seeds() {
    return Seeds.all();
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void memoryFunctionsDoWhatJavaDoes(long seed) {
    RandomGenerator random = new SplittableRandom(seed);
    for (int round = 0; round < ROUNDS; round++) {
      byte[] bytes = bytes(random, 1);
      int to = random.nextInt(bytes.length);
      int from = random.nextInt(bytes.length);
      int size = random.nextInt(bytes.length - Math.max(to, from) + 1);
      byte[] moved = bytes.clone();
      System.arraycopy(moved, from, moved, to, size);
      assertThat(sandbox.call("move", byte[].class, bytes, (long) to, (long) from, (long) size))
          .as("seed %d: move %d bytes from %d to %d", seed, size, from, to)
          .isEqualTo(moved);

      int value = random.nextInt();
      byte[] set = bytes.clone();
      Arrays.fill(set, to, to + size, (byte) value);
      assertThat(sandbox.call("set", byte[].class, bytes, (long) to, value, (long) size))
          .as("seed %d: set %d bytes at %d to %d", seed, size, to, value)
          .isEqualTo(set);

      byte[] other = changed(random, bytes);
      int length = random.nextInt(bytes.length + 1);
      assertThat(sandbox.call("compare", int.class, bytes, other, (long) length))
          .as("seed %d: compare %d bytes", seed, length)
          .isEqualTo(Integer.signum(Arrays.compareUnsigned(bytes, 0, length, other, 0, length)));
      assertThat(sandbox.call("find", int.class, bytes, value))
          .as("seed %d: find %d", seed, value)
          .isEqualTo(indexOf(bytes, (byte) value));
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void stringFunctionsDoWhatJavaDoes(long seed) {
    RandomGenerator random = new SplittableRandom(seed);
    for (int round = 0; round < ROUNDS; round++) {
      byte[] bytes = bytes(random, 0);
      byte[] text = cString(bytes);
      assertThat(sandbox.call("length", long.class, (Object) bytes))
          .as("seed %d", seed)
          .isEqualTo(text.length);

      byte[] other = changed(random, bytes);
      byte[] otherText = cString(other);
      assertThat(sandbox.call("compare_text", int.class, bytes, other))
          .as("seed %d", seed)
          .isEqualTo(Integer.signum(Arrays.compareUnsigned(text, otherText)));
      int size = random.nextInt(bytes.length + 2);
      assertThat(sandbox.call("compare_start", int.class, bytes, other, (long) size))
          .as("seed %d, first %d", seed, size)
          .isEqualTo(
              Integer.signum(
                  Arrays.compareUnsigned(
                      Arrays.copyOf(text, Math.min(size, text.length)),
                      Arrays.copyOf(otherText, Math.min(size, otherText.length)))));

      int character = random.nextInt(-256, 256);
      int index = (byte) character == 0 ? text.length : indexOf(text, (byte) character);
      assertThat(sandbox.call("find_in_text", int.class, bytes, character))
          .as("seed %d, character %d", seed, character)
          .isEqualTo(index);
    }
  }

  @ParameterizedTest
  @ValueSource(
      longs = {0, 1, -1, 9, 10, -10, 99, 100, Integer.MIN_VALUE, Long.MAX_VALUE, Long.MIN_VALUE})
  void integersBecomeDecimalDigits(long number) {
    assertThat(sandbox.call("digits", String.class, number)).isEqualTo(Long.toString(number));
  }

  @Test
  void stringsAreJoined() {
    assertThat(sandbox.call("join", String.class, "a", "", "\ud83d\ude00"))
        .isEqualTo("a\ud83d\ude00");
    assertThat(sandbox.call("join", String.class, "", "", "")).isEmpty();
    assertThat(sandbox.call("join", String.class, "a\0b", "c\0", "d")).isEqualTo("a\0bc\0d");
  }

  @Test
  void aZeroTerminatedStringEndsAtItsFirstZero() {
    byte[] bytes = "one\0two".getBytes(StandardCharsets.UTF_8);
    assertThat(sandbox.call("from_cstring", String.class, (Object) bytes)).isEqualTo("one");
    assertThat(sandbox.call("from_cstring", String.class, (Object) new byte[0])).isEmpty();
  }

  @Test
  void overlappingMovesGoBothWays() {
    byte[] bytes = new byte[100_000];
    new SplittableRandom(1).nextBytes(bytes);
    for (int distance : new int[] {1, 7, 8, 4096}) {
      int size = bytes.length - distance;
      byte[] up = bytes.clone();
      System.arraycopy(up, 0, up, distance, size);
      byte[] down = bytes.clone();
      System.arraycopy(down, distance, down, 0, size);
      assertThat(sandbox.call("move", byte[].class, bytes, (long) distance, 0L, (long) size))
          .isEqualTo(up);
      assertThat(sandbox.call("move", byte[].class, bytes, 0L, (long) distance, (long) size))
          .isEqualTo(down);
    }
  }
}
