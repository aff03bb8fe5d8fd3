package io.hyperlight;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.hyperlight.internal.vfs.PathLimits;

/**
 * Converts paths in guests between the strings of the API ({@link LinuxText}) and the strings
 * inside the library, which have one character per byte.
 */
final class GuestPaths {
  private GuestPaths() {}

  /**
   * Encodes a path.
   *
   * @throws IllegalArgumentException if the path has no encoding: it has a zero, or a half of a
   *     surrogate pair that stands for no byte
   */
  static String encode(String path) {
    return encode("path", path);
  }

  /**
   * Encodes any text that Linux passes to a program, such as an argument.
   *
   * @param what the kind of text, for the message
   * @throws IllegalArgumentException if the text has no encoding, as for a path
   */
  static String encode(String what, String path) {
    return new String(LinuxText.encode(what, path), ISO_8859_1);
  }

  /** Decodes a path. */
  static String decode(String bytes) {
    return LinuxText.decode(bytes.getBytes(ISO_8859_1));
  }

  /**
   * Encodes a relative path, such as {@code etc/app.conf}.
   *
   * @throws IllegalArgumentException if the path is not relative, or not normalised
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
   * Encodes an absolute path, such as {@code /etc}.
   *
   * @throws IllegalArgumentException if the path is not absolute, or not normalised
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
