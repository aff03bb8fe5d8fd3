package io.hyperlight.internal.vfs;

/**
 * Keeps a file that may lose its last name. Open files and working directories stay usable while a
 * hold keeps them.
 */
@FunctionalInterface
public interface Hold extends AutoCloseable {
  /** The hold on a file that cannot be removed, or that needs no hold. */
  Hold NONE = () -> {};

  /** Releases the file. A second call does nothing. */
  @Override
  void close();
}
