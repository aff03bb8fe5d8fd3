package io.hyperlight.bench;

import java.util.List;

/**
 * Other ways to run the same function, none of which is ours: their rows have the rival's figures
 * where others have the floor's, and {@linkplain Row#against name} the rival.
 */
final class Rivals {
  private Rivals() {}

  static List<Benchmark> all() {
    return List.of();
  }
}
