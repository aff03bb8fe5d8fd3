package io.hyperlight.internal.linux;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * Decodes text from a guest that is meant for people to read.
 *
 * <p><b>Boundary.</b> The text ends up in exceptions, and so in logs and on terminals. Whatever the
 * guest writes, the result cannot move a cursor or change a colour.
 */
public final class GuestMessage {
  private static final char REPLACEMENT = '\ufffd';

  private GuestMessage() {}

  /**
   * Decodes a guest's message. Bytes that are not UTF-8 are replaced. So are control characters,
   * except line ends and tabs.
   */
  public static String decode(byte[] bytes) {
    StringBuilder message = new StringBuilder(new String(bytes, UTF_8));
    for (int i = 0; i < message.length(); i++) {
      char c = message.charAt(i);
      if (Character.isISOControl(c) && c != '\n' && c != '\t') {
        message.setCharAt(i, REPLACEMENT);
      }
    }
    return message.toString();
  }
}
