package io.hyperlight.internal.os;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystems;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Paths of the host as Linux has them: bytes.
 *
 * <p>A {@link Path} holds the right bytes always, but its {@code toString} decodes them by the
 * locale. Under the POSIX locale, which a container without {@code LANG} has, everything but ASCII
 * is lost there; and a name that is no UTF-8 is lost under every locale. The path's URI has all of
 * its bytes, whatever the locale.
 */
public final class HostPath {
  private HostPath() {}

  /** The bytes of the absolute path. */
  public static byte[] bytes(Path path) {
    Path absolute = path.toAbsolutePath();
    String text = absolute.toString();
    // What cannot be decoded became U+FFFD, which is no ASCII.
    if (isAscii(text) || !path.getFileSystem().equals(FileSystems.getDefault())) {
      return text.getBytes(StandardCharsets.UTF_8);
    }
    byte[] bytes = decode(absolute.toUri());
    int end = bytes.length;
    // The URI of a directory ends with a slash.
    return end > 1 && bytes[end - 1] == '/' && !text.endsWith("/")
        ? Arrays.copyOf(bytes, end - 1)
        : bytes;
  }

  /** The path as its owner wrote it, for messages: absolute or not, and read as UTF-8. */
  public static String text(Path path) {
    String text = path.toString();
    if (isAscii(text)) {
      return text;
    }
    String absolute = new String(bytes(path), StandardCharsets.UTF_8);
    if (path.isAbsolute()) {
      return absolute;
    }
    String folder = new String(bytes(Path.of("")), StandardCharsets.UTF_8);
    String prefix = folder.endsWith("/") ? folder : folder + "/";
    return absolute.startsWith(prefix) ? absolute.substring(prefix.length()) : absolute;
  }

  /** Why something could not be done with a file whose path the message has already. */
  public static String reason(IOException e) {
    return switch (e) {
      case NoSuchFileException _ -> "there is no such file";
      case AccessDeniedException _ -> "permission denied";
      case NotDirectoryException _ -> "a part of the path is no directory";
      case FileSystemException known when known.getReason() != null -> known.getReason();
      default -> e.toString();
    };
  }

  private static boolean isAscii(String text) {
    return text.chars().allMatch(c -> c < 0x80);
  }

  private static byte[] decode(URI uri) {
    String text = uri.getRawPath();
    byte[] bytes = new byte[text.length()];
    int size = 0;
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) == '%') {
        bytes[size++] = (byte) Integer.parseInt(text, i + 1, i + 3, 16);
        i += 2;
      } else {
        bytes[size++] = (byte) text.charAt(i);
      }
    }
    return Arrays.copyOf(bytes, size);
  }
}
