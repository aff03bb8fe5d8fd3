package io.hyperlight.internal.os;

import org.jspecify.annotations.Nullable;

/**
 * Throws unchecked exceptions again that were caught as {@code Throwable}, or kept for another
 * thread. It allocates nothing for them and calls nothing, since they may be errors of a full stack
 * or heap. {@link Posix} loads this class before it is needed.
 */
public final class Unchecked {
  private Unchecked() {}

  /** Does nothing; a call loads the class. */
  static void load() {}

  /**
   * Throws an exception, unchanged.
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

  /** Throws an exception that was kept, unchanged; does nothing if there is none. */
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
