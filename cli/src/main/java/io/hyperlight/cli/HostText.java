package io.hyperlight.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Text that the system gave to this process, as UTF-8 whatever the locale.
 *
 * <p>Java decodes arguments, variables and paths by the locale. Under the POSIX locale, which a
 * container without {@code LANG} has, all but ASCII is lost in that. So this reads the bytes again,
 * from {@code /proc}. A byte that is no UTF-8 becomes half a surrogate pair, U+DC00 plus the byte,
 * as the library has it in paths.
 */
final class HostText {
  private static final int ESCAPE = 0xdc00;

  private static final Path ARGUMENTS = Path.of("/proc/self/cmdline");
  private static final Path ENVIRONMENT = Path.of("/proc/self/environ");

  private HostText() {}

  /** The arguments that {@code main} got, as the user typed them. */
  static String[] arguments(String[] decoded) {
    List<String> all = strings(ARGUMENTS);
    int first = all.size() - decoded.length;
    String[] words = decoded.clone();
    for (int i = 0; i < words.length && first > 0; i++) {
      String word = all.get(first + i);
      if (isAscii(decoded[i]) ? word.equals(decoded[i]) : !isAscii(word)) {
        words[i] = word;
      } else {
        return decoded; // Whatever this JVM's command line is, it is not what main got.
      }
    }
    return words;
  }

  /** A variable of the environment; empty if there is none. */
  static String variable(String name) {
    String prefix = name + "=";
    for (String variable : strings(ENVIRONMENT)) {
      if (variable.startsWith(prefix)) {
        return variable.substring(prefix.length());
      }
    }
    return "";
  }

  private static List<String> strings(Path file) {
    List<String> strings = new ArrayList<>();
    try {
      byte[] bytes = Files.readAllBytes(file);
      for (int start = 0, end = 0; end < bytes.length; end++) {
        if (bytes[end] == 0) {
          strings.add(decode(Arrays.copyOfRange(bytes, start, end)));
          start = end + 1;
        }
      }
    } catch (IOException e) {
      return List.of(); // without /proc, there is what Java has decoded
    }
    return strings;
  }

  /** The text of some bytes. */
  static String decode(byte[] bytes) {
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

  /** The path of that name, whatever characters the locale has. */
  static Path path(String text) {
    if (isAscii(text)) {
      return Path.of(text);
    }
    try {
      Path path = Path.of(text);
      if (path.toString().equals(text)) {
        return path;
      }
    } catch (InvalidPathException e) {
      // It cannot be encoded in this locale. A URI has bytes.
    }
    return text.startsWith("/")
        ? Path.of(URI.create("file://" + percentEncode(text)))
        : below(Path.of("").toAbsolutePath(), text);
  }

  /** The text of an absolute path. */
  static String of(Path path) {
    String text = path.toString();
    if (isAscii(text)) {
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
    return decode(Arrays.copyOf(bytes, size));
  }

  /** The path of a name in a directory, whose path is absolute. */
  static Path below(Path directory, String name) {
    if (isAscii(name)) {
      return directory.resolve(name);
    }
    String folder = directory.toUri().getRawPath();
    return Path.of(
        URI.create("file://" + folder + (folder.endsWith("/") ? "" : "/") + percentEncode(name)));
  }

  /** The path with something behind its name. */
  static Path withSuffix(Path path, String suffix) {
    String name = String.valueOf(path.getFileName());
    if (isAscii(name)) {
      return path.resolveSibling(name + suffix);
    }
    String uri = path.toAbsolutePath().toUri().toString();
    return Path.of(
        URI.create((uri.endsWith("/") ? uri.substring(0, uri.length() - 1) : uri) + suffix));
  }

  private static String percentEncode(String text) {
    StringBuilder encoded = new StringBuilder();
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      if (c == '/') {
        encoded.append('/');
      } else if (c >= ESCAPE + 0x80 && c <= ESCAPE + 0xff) {
        encoded.append("%%%02X".formatted(c - ESCAPE));
      } else {
        for (byte b : Character.toString(c).getBytes(UTF_8)) {
          encoded.append("%%%02X".formatted(b & 0xff));
        }
      }
    }
    return encoded.toString();
  }

  private static boolean isAscii(String text) {
    return text.chars().allMatch(c -> c < 0x80);
  }
}
