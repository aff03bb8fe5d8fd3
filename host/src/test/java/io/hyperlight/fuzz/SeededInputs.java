package io.hyperlight.fuzz;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Makes inputs from a seed: random ones, and stored ones with small changes. */
final class SeededInputs {
  private static final int LONGEST = 400;

  private final Random random;
  private final List<byte[]> kept;

  SeededInputs(long seed, List<byte[]> kept) {
    random = new Random(seed);
    this.kept = kept;
  }

  byte[] next() {
    if (kept.isEmpty() || random.nextInt(4) == 0) {
      return someBytes(random.nextInt(LONGEST));
    }
    byte[] input = anyKept();
    for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
      input = changed(input);
    }
    return input;
  }

  private byte[] anyKept() {
    return kept.get(random.nextInt(kept.size())).clone();
  }

  private byte[] someBytes(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  private byte[] changed(byte[] input) {
    int from = random.nextInt(input.length + 1);
    int length = random.nextInt(Math.min(input.length - from, 16) + 1);
    return switch (random.nextInt(5)) {
      case 0 -> replaced(input, from, length, someBytes(length));
      case 1 -> replaced(input, from, 0, someBytes(random.nextInt(16)));
      case 2 -> replaced(input, from, length, new byte[0]);
      case 3 -> replaced(input, from, 0, Arrays.copyOfRange(input, from, from + length));
      default -> replaced(input, from, input.length - from, tail(anyKept()));
    };
  }

  private byte[] tail(byte[] input) {
    return Arrays.copyOfRange(input, random.nextInt(input.length + 1), input.length);
  }

  private static byte[] replaced(byte[] input, int from, int length, byte[] replacement) {
    ByteArrayOutputStream result = new ByteArrayOutputStream();
    result.write(input, 0, from);
    result.writeBytes(replacement);
    result.write(input, from + length, input.length - from - length);
    return result.toByteArray();
  }
}
