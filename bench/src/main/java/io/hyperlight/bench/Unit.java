package io.hyperlight.bench;

/** Units of time. */
enum Unit {
  NANOSECONDS("ns", 1),
  MICROSECONDS("us", 1e3),
  MILLISECONDS("ms", 1e6);

  private final String symbol;
  private final double nanos;

  Unit(String symbol, double nanos) {
    this.symbol = symbol;
    this.nanos = nanos;
  }

  String symbol() {
    return symbol;
  }

  /** {@return a number of nanoseconds, in this unit} */
  double of(double duration) {
    return duration / nanos;
  }
}
