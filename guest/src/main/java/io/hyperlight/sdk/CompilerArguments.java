package io.hyperlight.sdk;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Arguments of a compiler, byte for byte whatever the locale.
 *
 * <p>Java encodes what it starts a process with by the locale; under the POSIX locale, which a
 * container without {@code LANG} has, all but ASCII is lost in that. Such arguments go into a file,
 * in UTF-8, which gcc and its like read: {@code @FILE}.
 */
final class CompilerArguments {
  /** Half a surrogate pair: this and a byte stand for a byte that is no UTF-8. */
  private static final int ESCAPE = 0xdc00;

  /** What Java has for a byte that the locale does not know. */
  private static final char REPLACEMENT = '\ufffd';

  private static final boolean UTF_8_NAMES =
      System.getProperty("sun.jnu.encoding", "").equalsIgnoreCase("UTF-8");

  private CompilerArguments() {}

  /**
   * The same arguments as ones that can be given to a process.
   *
   * @param folder where the file can be written; its own path is ASCII
   */
  static List<String> passable(List<String> arguments, Path folder) throws IOException {
    if (arguments.stream().allMatch(CompilerArguments::isAscii)) {
      return arguments;
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    arguments.forEach(argument -> writeQuoted(argument, bytes));
    Path file = Files.write(folder.resolve("arguments"), bytes.toByteArray());
    return List.of("@" + file);
  }

  /** As gcc reads it: in single quotes, which keep a line's end as well. */
  private static void writeQuoted(String argument, ByteArrayOutputStream out) {
    out.write('\'');
    for (int i = 0; i < argument.length(); ) {
      int c = argument.codePointAt(i);
      i += Character.charCount(c);
      if (c == '\'' || c == '\\') {
        // Outside of the quotes: within them, versions of gcc differ in what a backslash means.
        out.writeBytes(new byte[] {'\'', '\\', (byte) c, '\''});
      } else if (c >= ESCAPE + 0x80 && c <= ESCAPE + 0xff) {
        out.write(c - ESCAPE);
      } else {
        out.writeBytes(Character.toString(c).getBytes(UTF_8));
      }
    }
    out.writeBytes(new byte[] {'\'', '\n'});
  }

  /** The path's name as an argument; an absolute one where only that has its bytes. */
  static String of(Path path) {
    String text = path.toString();
    if (isAscii(text) || (UTF_8_NAMES && text.indexOf(REPLACEMENT) < 0)) {
      return text;
    }
    String uri = path.toUri().getRawPath();
    byte[] bytes = new byte[uri.length()];
    int size = 0;
    for (int i = 0; i < uri.length(); i++) {
      boolean escaped = uri.charAt(i) == '%';
      bytes[size++] = (byte) (escaped ? Integer.parseInt(uri, i + 1, i + 3, 16) : uri.charAt(i));
      i += escaped ? 2 : 0;
    }
    return decode(bytes, size);
  }

  private static String decode(byte[] bytes, int size) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < size; ) {
      int end = i + 1;
      while (end < size && (bytes[end] & 0xc0) == 0x80) {
        end++;
      }
      String character = new String(bytes, i, end - i, UTF_8);
      if (character.indexOf(REPLACEMENT) < 0) {
        text.append(character);
      } else {
        for (int k = i; k < end; k++) {
          text.append((char) (bytes[k] < 0 ? ESCAPE + (bytes[k] & 0xff) : bytes[k]));
        }
      }
      i = end;
    }
    return text.toString();
  }

  private static boolean isAscii(String text) {
    return text.chars().allMatch(c -> c < 0x80);
  }
}
