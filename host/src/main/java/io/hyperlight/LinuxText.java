package io.hyperlight;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.hyperlight.internal.os.HostPath;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * Paths, arguments and other text of Linux as Java strings, and back, whatever the locale of this
 * process.
 *
 * <p>To Linux such text is bytes without a zero, mostly UTF-8. A byte that is not part of UTF-8
 * becomes half of a surrogate pair, U+DC00 plus the byte, which no UTF-8 decodes to. So no two
 * texts look the same, and each is found again by its string. Python does the same with file names
 * (PEP 383).
 *
 * <p>Java itself encodes paths and arguments by the locale. In the POSIX locale, which a container
 * without {@code LANG} has, all but ASCII is lost in that. {@link #path} and {@link #of} lose
 * nothing.
 */
public final class LinuxText {
  private static final int ESCAPE = 0xdc00;

  /** A locale may have characters, but with other bytes. */
  private static final boolean PATHS_ARE_UTF_8 = arePathsUtf8();

  private LinuxText() {}

  /**
   * The string for some bytes.
   *
   * @param bytes any
   * @return the string, from which {@link #encode} makes the same bytes again
   */
  public static String decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length);
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
   * The bytes of a string.
   *
   * @param text any without a zero
   * @return the bytes
   * @throws IllegalArgumentException if there are none: the text has a zero, or a half of a
   *     surrogate pair that stands for no byte
   */
  public static byte[] encode(String text) {
    return encode("text", text);
  }

  /**
   * The bytes of a string.
   *
   * @param what it is, for the message
   */
  static byte[] encode(String what, String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      if (c >= ESCAPE + 0x80 && c <= ESCAPE + 0xff) {
        bytes.write(c - ESCAPE);
      } else if (c == 0 || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)) {
        throw new IllegalArgumentException(
            "%s \"%s\" has a character that no %s can have, at %d"
                .formatted(what, text, what, i - 1));
      } else if (c < 0x80) {
        bytes.write(c);
      } else {
        bytes.writeBytes(Character.toString(c).getBytes(UTF_8));
      }
    }
    return bytes.toByteArray();
  }

  /**
   * The path of the host that has a name.
   *
   * @param text the path as Linux has it
   * @return the path; an absolute one where the locale cannot express a relative one
   * @throws IllegalArgumentException if no path can have that name, as for {@link #encode}
   */
  public static Path path(String text) {
    boolean isAscii = encode("path", text).length == text.length();
    try {
      if (isAscii || PATHS_ARE_UTF_8) {
        return Path.of(text);
      }
    } catch (InvalidPathException e) {
      // It has bytes that are no UTF-8. A URI can have any.
    }
    String folder = text.startsWith("/") ? "" : of(Path.of("")) + "/";
    return Path.of(URI.create("file://" + percentEncoded(encode("path", folder + text))));
  }

  private static boolean arePathsUtf8() {
    String euro = "\u20ac";
    try {
      return of(Path.of(euro)).endsWith(euro);
    } catch (InvalidPathException e) {
      return false;
    }
  }

  private static String percentEncoded(byte[] path) {
    StringBuilder encoded = new StringBuilder();
    for (int i = 0; i < path.length; i++) {
      if (path[i] != '/') {
        encoded.append("%%%02X".formatted(path[i] & 0xff));
      } else if (i == 0 || path[i - 1] != '/') {
        encoded.append('/'); // once: a path from a URI is taken as it is
      }
    }
    return encoded.toString();
  }

  /**
   * The name that a path of the host has.
   *
   * @param path any
   * @return the absolute path as Linux has it
   */
  public static String of(Path path) {
    return decode(HostPath.bytes(path));
  }
}
