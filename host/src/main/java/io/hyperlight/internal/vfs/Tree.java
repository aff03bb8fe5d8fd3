package io.hyperlight.internal.vfs;

import org.jspecify.annotations.Nullable;

/** A tree as one file system has it. For one thread at a time. */
sealed interface Tree permits HostTree, MemoryTree {
  /** Its uppermost node. */
  Node root();

  /** What is in it, for {@link #restore}; null if it cannot be written. */
  @Nullable MemoryState freeze();

  /** Goes back to what {@link #freeze} returned, here or for another file system. */
  void restore(@Nullable MemoryState earlier);

  /** Keeps nothing any more that has no name. Contents that are open become invalid. */
  void forgetHolds();

  /** Gives back what it holds of the host's. */
  void close();
}
