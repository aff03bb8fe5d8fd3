package io.hyperlight.bench;

import java.util.List;

/**
 * Something that can be measured.
 *
 * @param name as users type it; rows begin with it
 * @param what a short description
 */
record Benchmark(String name, String what, Body body) {
  /** Measures and reports. */
  @FunctionalInterface
  interface Body {
    // Method handles throw anything.
    List<Row> measure(Run run) throws Throwable;
  }

  List<Row> measure(Run run) throws Throwable {
    return body.measure(run);
  }
}
