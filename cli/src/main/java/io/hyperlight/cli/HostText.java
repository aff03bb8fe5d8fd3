package io.hyperlight.cli;

import io.hyperlight.LinuxText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Text that the system gave to this process, whatever the locale.
 *
 * <p>Java decodes arguments and variables by the locale. Under the POSIX locale, which a container
 * without {@code LANG} has, all but ASCII is lost in that. So this reads the bytes again, from
 * {@code /proc}.
 */
final class HostText {
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
          strings.add(LinuxText.decode(Arrays.copyOfRange(bytes, start, end)));
          start = end + 1;
        }
      }
    } catch (IOException e) {
      return List.of(); // without /proc, there is what Java has decoded
    }
    return strings;
  }

  /** The path of a name in a directory, whose path is absolute. */
  static Path below(Path directory, String name) {
    return isAscii(name)
        ? directory.resolve(name)
        : LinuxText.path(LinuxText.of(directory) + "/" + name);
  }

  /** The path with something behind its name. */
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
