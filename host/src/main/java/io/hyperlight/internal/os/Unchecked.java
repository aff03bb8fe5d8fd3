package io.hyperlight.internal.os;

import org.jspecify.annotations.Nullable;

/**
 * Throws again what was caught as a {@code Throwable}, or kept for another thread, and can only be
 * unchecked. Allocates nothing for what it throws, and calls nothing: that may be an error of a
 * stack or a heap that is full. {@link Posix} loads this class before anybody needs it.
 */
public final class Unchecked {
  private Unchecked() {}

  /** For those who make sure that the class is there. */
  static void load() {}

  /**
   * Throws it, unchanged.
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

  /** Throws what was kept, unchanged, if anything was. */
  public static void rethrowIfAny(@Nullable Throwable kept) {
    if (kept instanceof RuntimeException e) {
      throw e;
    }
    if (kept instanceof Error e) {
      throw e;
    }
    if (kept != null) {
      throw new IllegalStateException(kept);
    }
  }
}
