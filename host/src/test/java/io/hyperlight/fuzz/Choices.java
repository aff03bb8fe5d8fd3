package io.hyperlight.fuzz;

import java.util.Arrays;
import java.util.List;

/**
 * Reads a fuzzer's bytes as a generator's choices. So random bytes make random structures, and a
 * fuzzer that changes, inserts or copies bytes changes structures. One generator serves both.
 *
 * <p>When the bytes are used up, each choice is the first one. This ends every loop that asks
 * {@link #hasMore}.
 */
public final class Choices {
  private static final long PAGE = 4096;

  private final byte[] bytes;
  private int at;

  public Choices(byte[] bytes) {
    this.bytes = bytes;
  }

  public boolean hasMore() {
    return at < bytes.length;
  }

  /** 0 to 255. */
  public int octet() {
    return at < bytes.length ? bytes[at++] & 0xff : 0;
  }

  /**
   * A number from 0 on.
   *
   * @param bound at most 65536
   */
  public int below(int bound) {
    return (bound <= 256 ? octet() : octet() | (octet() << 8)) % bound;
  }

  /** True once in the given number of times; never when the bytes are used up. */
  public boolean oneIn(int times) {
    return below(times) == times - 1;
  }

  public <T> T of(List<T> all) {
    return all.get(below(all.size()));
  }

  /** A number of eight bytes, of the kinds that break arithmetic. */
  public long number() {
    return switch (below(10)) {
      case 0 -> octet();
      case 1 -> -octet();
      case 2 -> 1L << below(64);
      case 3 -> (1L << below(64)) - 1;
      case 4 -> -(1L << below(64));
      case 5 -> raw(2);
      case 6 -> PAGE * raw(2);
      case 7 -> PAGE * raw(2) - 1;
      case 8 -> raw(4);
      default -> raw(8);
    };
  }

  /** Returns a number that is mostly the given one or close to it. */
  public long near(long value) {
    return switch (below(8)) {
      case 5 -> value + (byte) octet();
      case 6 -> value + number();
      case 7 -> number();
      default -> value;
    };
  }

  /** Little-endian, not negative if fewer than eight bytes. */
  private long raw(int size) {
    long value = 0;
    for (int i = 0; i < size; i++) {
      value |= (long) octet() << (8 * i);
    }
    return value;
  }

  /** So many bytes or as many as there are. */
  public byte[] bytes(int most) {
    int end = Math.min(bytes.length, at + most);
    byte[] next = Arrays.copyOfRange(bytes, at, end);
    at = end;
    return next;
  }

  /** All that are left. */
  public byte[] rest() {
    return bytes(bytes.length - at);
  }
}
