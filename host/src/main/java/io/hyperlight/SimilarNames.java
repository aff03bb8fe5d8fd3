package io.hyperlight;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Finds similar names for a function that does not exist. */
final class SimilarNames {
  private static final int MOST = 3;

  private record Candidate(String name, int distance) {}

  private SimilarNames() {}

  /** Returns the message for a name that a guest does not export. */
  static String message(Guest guest, String name, Collection<String> exported) {
    String message = guest.name() + " exports no function " + name;
    if (exported.isEmpty()) {
      return message + ", nor any other";
    }
    List<String> near =
        exported.stream()
            .map(candidate -> new Candidate(candidate, distance(name, candidate)))
            .filter(c -> c.distance <= Math.max(2, name.length() / 3))
            .sorted(Comparator.comparingInt(Candidate::distance))
            .limit(MOST)
            .map(Candidate::name)
            .toList();
    return near.isEmpty()
        ? message + "; it exports " + exported.stream().limit(20).collect(Collectors.joining(", "))
        : message + "; did you mean " + String.join(" or ", near) + "?";
  }

  /** Returns the Levenshtein distance, ignoring case. */
  private static int distance(String a, String b) {
    String x = a.toLowerCase(Locale.ROOT);
    String y = b.toLowerCase(Locale.ROOT);
    int[] row = new int[y.length() + 1];
    for (int j = 0; j <= y.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= x.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= y.length(); j++) {
        int substitution = diagonal + (x.charAt(i - 1) == y.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substitution, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[y.length()];
  }
}
