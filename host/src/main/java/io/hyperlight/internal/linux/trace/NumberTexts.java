package io.hyperlight.internal.linux.trace;

/** Formats numbers and pointers for traces. */
public final class NumberTexts {
  private NumberTexts() {}

  public static String hex(long value) {
    return value == 0 ? "0" : "0x" + Long.toHexString(value);
  }

  static String hex32(int value) {
    return hex(Integer.toUnsignedLong(value));
  }

  static String pointer(long address) {
    return address == 0 ? "NULL" : hex(address);
  }
}
