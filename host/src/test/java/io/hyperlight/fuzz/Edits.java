package io.hyperlight.fuzz;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/**
 * Changes a valid file in a few places that choices select. The parts that stay valid lead deeper
 * into the code.
 */
public final class Edits {
  private static final int MOST = 16;

  private Edits() {}

  /**
   * Returns a changed copy.
   *
   * @param fields the offsets of the numbers in its format
   */
  public static byte[] of(byte[] sound, List<Integer> fields, Choices choices) {
    ByteBuffer file = ByteBuffer.allocate(sound.length + Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    file.put(0, sound);
    int size = sound.length;
    for (int i = 0; i < MOST && choices.hasMore(); i++) {
      int at = choices.oneIn(4) ? choices.below(Math.min(size, 1 << 16)) : choices.of(fields);
      switch (choices.below(8)) {
        case 0, 1 -> file.putLong(at, choices.number());
        case 2 -> file.putLong(at, file.getLong(at) + choices.number());
        case 3 -> file.putLong(at, file.getLong(choices.of(fields)));
        case 4 -> file.putInt(at, (int) choices.number());
        case 5 -> file.putShort(at, (short) choices.number());
        case 6 -> file.put(at, (byte) choices.octet());
        default -> size = choices.oneIn(8) ? Math.max(at, 1) : size;
      }
    }
    byte[] changed = new byte[sound.length];
    file.get(0, changed);
    return Arrays.copyOf(changed, size);
  }
}
