package io.hyperlight;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.hyperlight.files.FileSystem;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;

/**
 * Paths in guests as Java strings, and back. To Linux they are bytes, mostly UTF-8; inside the
 * library, strings of one character a byte.
 *
 * <p>A byte that is not part of UTF-8 becomes half a surrogate pair, U+DC80 to U+DCFF, which no
 * UTF-8 decodes to. So no two paths look the same, and each is found again by its string. Python
 * does the same with file names (PEP 383).
 */
final class GuestPaths {
  private static final int ESCAPE = 0xdc00;

  private GuestPaths() {}

  /**
   * The bytes of a path.
   *
   * @throws IllegalArgumentException if there are none: a half of a surrogate pair that stands for
   *     no byte, or a zero
   */
  static String encode(String path) {
    return encode("path", path);
  }

  /**
   * The bytes of any text that Linux gives a program, such as an argument.
   *
   * @param what it is, for the message
   * @throws IllegalArgumentException if there are none, as for a path
   */
  static String encode(String what, String path) {
    StringBuilder bytes = new StringBuilder(path.length());
    for (int i = 0; i < path.length(); ) {
      int c = path.codePointAt(i);
      i += Character.charCount(c);
      if (c >= ESCAPE + 0x80 && c <= ESCAPE + 0xff) {
        bytes.append((char) (c - ESCAPE));
      } else if (c == 0 || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)) {
        throw new IllegalArgumentException(
            "%s \"%s\" has a character that no %s can have, at %d"
                .formatted(what, path, what, i - 1));
      } else {
        bytes.append(new String(Character.toString(c).getBytes(UTF_8), ISO_8859_1));
      }
    }
    return bytes.toString();
  }

  /** The string for a path's bytes. */
  static String decode(String bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes.getBytes(ISO_8859_1));
    CharBuffer out = CharBuffer.allocate(bytes.length());
    CharsetDecoder decoder =
        UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    while (decoder.reset().decode(in, out, true).isError()) {
      out.put((char) (ESCAPE + (in.get() & 0xff)));
    }
    return out.flip().toString();
  }

  /**
   * The bytes of a relative path, such as {@code etc/app.conf}.
   *
   * @throws IllegalArgumentException if it is none, or not normalised
   */
  static String encodeRelative(String path) {
    if (path.startsWith("/")) {
      throw new IllegalArgumentException(
          "path \"" + path + "\" is absolute: it has to be relative to the tree");
    }
    String bytes = encode(path);
    requireNormalised(path, bytes);
    return bytes;
  }

  /**
   * The bytes of an absolute path, such as {@code /etc}.
   *
   * @throws IllegalArgumentException if it is none, or not normalised
   */
  static String encodeAbsolute(String path) {
    if (!path.startsWith("/")) {
      throw new IllegalArgumentException(
          "path \"" + path + "\" is not absolute: it has to start with a slash");
    }
    String bytes = encode(path);
    if (bytes.length() > 1) {
      requireNormalised(path, bytes.substring(1));
    }
    return bytes;
  }

  private static void requireNormalised(String path, String bytes) {
    if (bytes.length() + 1 >= FileSystem.LONGEST_PATH) {
      throw new IllegalArgumentException("path of " + bytes.length() + " bytes is too long");
    }
    for (String name : bytes.split("/", -1)) {
      if (name.isEmpty() || name.equals(".") || name.equals("..")) {
        throw new IllegalArgumentException(
            "path \""
                + path
                + "\" is not normalised: it has an empty name, \".\" or \"..\" in it, or ends"
                + " with a slash");
      }
      if (name.length() > FileSystem.LONGEST_NAME) {
        throw new IllegalArgumentException("path \"" + path + "\" has too long a name in it");
      }
    }
  }
}
