package io.hyperlight.internal.linux;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * What a guest says to people.
 *
 * <p><b>Boundary.</b> It ends up in exceptions, and so in logs and on terminals: whatever is in it,
 * nothing there moves a cursor or changes a colour.
 */
public final class GuestMessage {
  private static final char REPLACEMENT = '\ufffd';

  private GuestMessage() {}

  /**
   * A guest's message: what is not UTF-8 is replaced, and so are control characters but for the
   * ends of lines and tabs.
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
