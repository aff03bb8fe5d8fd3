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
 * Converts paths of the host to bytes, as Linux has them.
 *
 * <p>A {@link Path} always holds the right bytes, but its {@code toString} decodes them by the
 * locale. A container without {@code LANG} has the POSIX locale, where everything but ASCII is
 * lost. A name that is not UTF-8 is lost under every locale. The path's URI has all of its bytes,
 * whatever the locale.
 */
public final class HostPath {
  private HostPath() {}

  /** Returns the bytes of the absolute path. */
  public static byte[] bytes(Path path) {
    Path absolute = path.toAbsolutePath();
    String text = absolute.toString();
    // Bytes that cannot be decoded became U+FFFD, which is not ASCII.
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

  /**
   * Returns the path for messages, as its owner wrote it: absolute or relative, and read as UTF-8.
   */
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

  /**
   * Returns the reason for a failed operation on a file, for a message that has the path already.
   */
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
