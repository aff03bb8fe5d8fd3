package io.hyperlight;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.hyperlight.internal.vfs.PathLimits;

/**
 * Paths in guests as the API has them ({@link LinuxText}), and as the library has them inside:
 * strings of one character a byte.
 */
final class GuestPaths {
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
    return new String(LinuxText.encode(what, path), ISO_8859_1);
  }

  /** The string for a path's bytes. */
  static String decode(String bytes) {
    return LinuxText.decode(bytes.getBytes(ISO_8859_1));
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
    if (bytes.length() + 1 >= PathLimits.LONGEST_PATH) {
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
      if (name.length() > PathLimits.LONGEST_NAME) {
        throw new IllegalArgumentException("path \"" + path + "\" has too long a name in it");
      }
    }
  }
}
