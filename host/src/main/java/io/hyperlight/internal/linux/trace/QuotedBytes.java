package io.hyperlight.internal.linux.trace;

/**
 * Quotes bytes of a guest for people, as C would write them. Everything but printable ASCII is
 * shown as a number. So no terminal gets a guest's control sequences.
 */
final class QuotedBytes {
  private QuotedBytes() {}

  /**
   * Quotes text. Bytes that are not printable are octal numbers.
   *
   * @param more whether to show that there are more bytes
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
          // A digit after a shorter number would become part of it.
          quoted.append('\\').append(digitFollows ? "000".substring(octal.length()) : "");
          quoted.append(octal);
        }
      }
    }
  }

  /**
   * Quotes all bytes as hexadecimal numbers.
   *
   * @param more whether to show that there are more bytes
   */
  static String hexadecimal(byte[] bytes, boolean more) {
    StringBuilder quoted = new StringBuilder("\"");
    for (byte value : bytes) {
      quoted.append("\\x%02x".formatted(value & 0xff));
    }
    return quoted.append(more ? "\"..." : "\"").toString();
  }
}
