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
 * Converts paths, arguments and other text of Linux to Java strings and back, independently of the
 * locale of this process.
 *
 * <p>For Linux such text is bytes without a zero, mostly UTF-8. A byte that is not part of UTF-8
 * becomes half of a surrogate pair, U+DC00 plus the byte. No valid UTF-8 decodes to that. So
 * different texts have different strings, and each string leads back to its text. Python does the
 * same with file names (PEP 383).
 *
 * <p>Java itself encodes paths and arguments by the locale. In the POSIX locale, which a container
 * without {@code LANG} has, everything but ASCII is lost. {@link #path} and {@link #of} lose
 * nothing.
 */
public final class LinuxText {
  private static final int ESCAPE = 0xdc00;

  /** A locale may support a character but encode it with other bytes than UTF-8. */
  private static final boolean PATHS_ARE_UTF_8 = arePathsUtf8();

  private LinuxText() {}

  /**
   * Decodes bytes.
   *
   * @param bytes any bytes
   * @return the string; {@link #encode} turns it into the same bytes
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
   * Encodes a string.
   *
   * @param text any text without a zero
   * @return the bytes
   * @throws IllegalArgumentException if the text has no encoding: it has a zero, or a half of a
   *     surrogate pair that stands for no byte
   */
  public static byte[] encode(String text) {
    return encode("text", text);
  }

  /**
   * Encodes a string.
   *
   * @param what the kind of text, for the message
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
   * Returns the path of the host that has a given name.
   *
   * @param text the path's name on Linux
   * @return the path; it is absolute if the locale cannot express a relative one
   * @throws IllegalArgumentException if no path can have that name, as for {@link #encode}
   */
  public static Path path(String text) {
    boolean isAscii = encode("path", text).length == text.length();
    try {
      if (isAscii || PATHS_ARE_UTF_8) {
        return Path.of(text);
      }
    } catch (InvalidPathException e) {
      // The locale cannot express these bytes. A URI can express any.
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
        encoded.append('/'); // only one slash: a path from a URI is not normalised
      }
    }
    return encoded.toString();
  }

  /**
   * Returns the name of a path of the host.
   *
   * @param path any path
   * @return the absolute path's name on Linux
   */
  public static String of(Path path) {
    return decode(HostPath.bytes(path));
  }
}
