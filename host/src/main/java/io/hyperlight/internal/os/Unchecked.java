package io.hyperlight.internal.os;

/** Throws again what was caught as a {@code Throwable} and can only be unchecked. */
public final class Unchecked {
  private Unchecked() {}

  /**
   * Throws it, unchanged. Allocates nothing for errors and unchecked exceptions, and calls nothing:
   * it may be the end of a stack or of the heap that is passed on.
   *
   * @return never; declared so that the caller can write {@code throw}
   */
  public static RuntimeException rethrow(Throwable t) {
    if (t instanceof RuntimeException e) {
      throw e;
    }
    if (t instanceof Error e) {
      throw e;
    }
    throw new IllegalStateException(t);
  }
}
