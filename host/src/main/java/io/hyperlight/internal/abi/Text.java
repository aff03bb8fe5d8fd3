package io.hyperlight.internal.abi;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Converts between strings and UTF-8, strictly. It refuses what the other encoding cannot express,
 * and replaces nothing.
 */
public final class Text {
  private static final char REPLACEMENT = '\ufffd';

  private Text() {}

  /** Returns the UTF-8 bytes of a string, or null if the string has half of a surrogate pair. */
  public static byte @Nullable [] encode(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        if (Character.isLowSurrogate(c)
            || i + 1 == text.length()
            || !Character.isLowSurrogate(text.charAt(i + 1))) {
          return null;
        }
        i++;
      }
    }
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Returns whether a string has more UTF-8 bytes than a limit. Callers ask before they encode it,
   * since an array or the heap may have no room for the bytes.
   */
  public static boolean exceeds(String text, long maxBytes) {
    if (text.length() <= maxBytes / 3) {
      return false;
    }
    long bytes = text.length();
    for (int i = 0; i < text.length() && bytes <= maxBytes; i++) {
      char c = text.charAt(i);
      bytes += c < 0x80 ? 0 : c < 0x800 || Character.isSurrogate(c) ? 1 : 2;
    }
    return bytes > maxBytes;
  }

  /** Returns the string that the bytes encode, or null if they are not UTF-8. */
  public static @Nullable String decode(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    // The fast decoder replaces what it cannot decode. So the strict one is needed only for a text
    // that contains the replacement character.
    if (text.indexOf(REPLACEMENT) < 0) {
      return text;
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }

  /**
   * Makes a name for people: one line without unprintable characters, cut to a number of UTF-8
   * bytes.
   */
  public static String toName(String text, int maxBytes) {
    StringBuilder name = new StringBuilder();
    int bytes = 0;
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      int shown = isPrintable(c) ? c : REPLACEMENT;
      bytes += shown < 0x80 ? 1 : shown < 0x800 ? 2 : shown < 0x1_0000 ? 3 : 4;
      if (bytes > maxBytes) {
        break;
      }
      name.appendCodePoint(shown);
    }
    return name.toString();
  }

  private static boolean isPrintable(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
