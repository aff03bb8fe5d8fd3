package io.hyperlight.sdk;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Passes arguments to a compiler byte for byte, in every locale.
 *
 * <p>Java encodes the arguments of a process by the locale. A container without {@code LANG} has
 * the POSIX locale, in which Java loses every character that is not ASCII. Such arguments go into a
 * file in UTF-8. Compilers such as gcc read the file as {@code @FILE}.
 */
final class CompilerArguments {
  /** The start of the low surrogates. This plus a byte stands for a byte that is not UTF-8. */
  private static final int ESCAPE = 0xdc00;

  /** The character that Java puts in place of a byte that the locale does not know. */
  private static final char REPLACEMENT = '\ufffd';

  private static final boolean UTF_8_NAMES =
      System.getProperty("sun.jnu.encoding", "").equalsIgnoreCase("UTF-8");

  private CompilerArguments() {}

  /**
   * Returns arguments with the same meaning that a process can be started with.
   *
   * @param folder a folder for the file. Its path is ASCII
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

  /** Writes an argument as gcc reads it: in single quotes, which also keep line ends. */
  private static void writeQuoted(String argument, ByteArrayOutputStream out) {
    out.write('\'');
    for (int i = 0; i < argument.length(); ) {
      int c = argument.codePointAt(i);
      i += Character.charCount(c);
      if (c == '\'' || c == '\\') {
        // This goes outside of the quotes. Inside, a backslash depends on the version of gcc.
        out.writeBytes(new byte[] {'\'', '\\', (byte) c, '\''});
      } else if (c >= ESCAPE + 0x80 && c <= ESCAPE + 0xff) {
        out.write(c - ESCAPE);
      } else {
        out.writeBytes(Character.toString(c).getBytes(UTF_8));
      }
    }
    out.writeBytes(new byte[] {'\'', '\n'});
  }

  /**
   * Returns a path as an argument. The path becomes absolute if Java lost bytes of it, because only
   * its URI still has them.
   */
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
