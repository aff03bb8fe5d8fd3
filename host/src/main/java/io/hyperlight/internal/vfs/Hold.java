package io.hyperlight.internal.vfs;

/**
 * Keeps a file although it may lose its last name: what is open, and the working directory, can be
 * used for as long as somebody has it.
 */
@FunctionalInterface
public interface Hold extends AutoCloseable {
  /** Of a file that cannot be removed, or that nothing keeps. */
  Hold NONE = () -> {};

  /** Ends it. A second call does nothing. */
  @Override
  void close();
}
