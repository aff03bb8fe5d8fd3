package io.hyperlight.cli;

import io.hyperlight.LinuxText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Reads the arguments and the environment of this process correctly in every locale.
 *
 * <p>Java decodes arguments and variables by the locale. A container without {@code LANG} has the
 * POSIX locale, in which Java loses every character that is not ASCII. So this class reads the
 * bytes again from {@code /proc}.
 */
final class HostText {
  private static final Path ARGUMENTS = Path.of("/proc/self/cmdline");
  private static final Path ENVIRONMENT = Path.of("/proc/self/environ");

  private HostText() {}

  /**
   * Returns the arguments of {@code main} as the user typed them.
   *
   * @param decoded the arguments as Java decoded them. They are returned if {@code /proc} does not
   *     match them
   */
  static String[] arguments(String[] decoded) {
    List<String> all = strings(ARGUMENTS);
    int first = all.size() - decoded.length;
    String[] words = decoded.clone();
    for (int i = 0; i < words.length && first > 0; i++) {
      String word = all.get(first + i);
      if (isAscii(decoded[i]) ? word.equals(decoded[i]) : !isAscii(word)) {
        words[i] = word;
      } else {
        return decoded; // The command line of this JVM does not end with the arguments of main.
      }
    }
    return words;
  }

  /** Returns a variable of the environment, or an empty string if it is not set. */
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
          strings.add(LinuxText.decode(Arrays.copyOfRange(bytes, start, end)));
          start = end + 1;
        }
      }
    } catch (IOException e) {
      return List.of(); // Without /proc, callers use what Java decoded.
    }
    return strings;
  }

  /** Returns the path of a name in a directory. The directory's path must be absolute. */
  static Path below(Path directory, String name) {
    return isAscii(name)
        ? directory.resolve(name)
        : LinuxText.path(LinuxText.of(directory) + "/" + name);
  }

  /** Returns the path with a suffix after its file name. */
  static Path withSuffix(Path path, String suffix) {
    String name = String.valueOf(path.getFileName());
    return isAscii(name)
        ? path.resolveSibling(name + suffix)
        : LinuxText.path(LinuxText.of(path) + suffix);
  }

  private static boolean isAscii(String text) {
    return text.chars().allMatch(c -> c < 0x80);
  }
}
