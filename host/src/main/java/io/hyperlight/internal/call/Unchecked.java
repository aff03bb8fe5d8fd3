package io.hyperlight.internal.call;

/** Method handles declare {@code Throwable}; here only unchecked ones can come out of them. */
final class Unchecked {
  private Unchecked() {}

  /** Throws it again, unchanged. Declared to return so that the caller can write {@code throw}. */
  static RuntimeException rethrow(Throwable t) {
    if (t instanceof RuntimeException e) {
      throw e;
    }
    if (t instanceof Error e) {
      throw e;
    }
    throw new IllegalStateException(t);
  }
}
