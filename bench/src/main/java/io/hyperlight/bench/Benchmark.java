package io.hyperlight.bench;

import java.util.List;

/**
 * A benchmark that users can run by its name.
 *
 * @param name the name that users type. The names of its rows begin with it
 * @param what a short description
 * @param body measures
 */
record Benchmark(String name, String what, Body body) {
  /** Measures and returns the results. */
  @FunctionalInterface
  interface Body {
    // Method handles can throw any Throwable.
    List<Row> measure(Run run) throws Throwable;
  }

  List<Row> measure(Run run) throws Throwable {
    return body.measure(run);
  }
}
