package io.hyperlight.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The open and the mapped files of this process, as the kernel lists them. */
public final class Descriptors {
  private Descriptors() {}

  /** Returns how many of KVM's files are open, and how often they are mapped, by their kinds. */
  public static Map<String, Integer> ofKvm() {
    return of("kvm");
  }

  /**
   * Returns how many files whose path contains the word are open, and how often they are mapped.
   */
  public static Map<String, Integer> of(String word) {
    Map<String, Integer> counts = new TreeMap<>();
    try {
      List<Path> descriptors;
      try (Stream<Path> list = Files.list(Path.of("/proc/self/fd"))) {
        descriptors = list.toList();
      }
      for (Path descriptor : descriptors) {
        count(counts, word, "open ", target(descriptor));
      }
      for (String mapping : Files.readAllLines(Path.of("/proc/self/maps"))) {
        count(counts, word, "mapped ", mapping);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return counts;
  }

  private static void count(Map<String, Integer> counts, String word, String prefix, String what) {
    int at = what.indexOf(word);
    if (at >= 0) {
      counts.merge(prefix + what.substring(at), 1, Integer::sum);
    }
  }

  private static String target(Path descriptor) throws IOException {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (NoSuchFileException e) {
      return ""; // of another thread, or of the listing itself
    }
  }
}
