package io.hyperlight.internal.linux.trace;

/**
 * Bytes of a guest for people to read, between quotation marks and as C would write them. What is
 * no printable ASCII character is a number, so that nobody's terminal gets a guest's control
 * sequences.
 */
final class QuotedBytes {
  private QuotedBytes() {}

  /**
   * Text, with numbers in octal for all else.
   *
   * @param more whether to show that there are more than these
   */
  static String of(byte[] bytes, boolean more) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < bytes.length; i++) {
      boolean digitFollows = i + 1 < bytes.length && bytes[i + 1] >= '0' && bytes[i + 1] <= '7';
      append(quoted, bytes[i], digitFollows);
    }
    return quoted.append(more ? "\"..." : "\"").toString();
  }

  private static void append(StringBuilder quoted, byte value, boolean digitFollows) {
    switch (value) {
      case '"' -> quoted.append("\\\"");
      case '\\' -> quoted.append("\\\\");
      case '\n' -> quoted.append("\\n");
      case '\t' -> quoted.append("\\t");
      case '\r' -> quoted.append("\\r");
      case '\f' -> quoted.append("\\f");
      case 0x0b -> quoted.append("\\v");
      default -> {
        if (value >= ' ' && value < 0x7f) {
          quoted.append((char) value);
        } else {
          String octal = Integer.toOctalString(value & 0xff);
          // A digit that follows would become part of a shorter number.
          quoted.append('\\').append(digitFollows ? "000".substring(octal.length()) : "");
          quoted.append(octal);
        }
      }
    }
  }

  /**
   * All bytes as numbers, in hexadecimal.
   *
   * @param more whether to show that there are more than these
   */
  static String hexadecimal(byte[] bytes, boolean more) {
    StringBuilder quoted = new StringBuilder("\"");
    for (byte value : bytes) {
      quoted.append("\\x%02x".formatted(value & 0xff));
    }
    return quoted.append(more ? "\"..." : "\"").toString();
  }
}
