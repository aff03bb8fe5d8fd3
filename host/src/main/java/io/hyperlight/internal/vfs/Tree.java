package io.hyperlight.internal.vfs;

import io.hyperlight.internal.restore.Restorable;

/** A tree as one file system has it. For one thread at a time. */
public interface Tree extends Restorable<TreeState> {
  /** Its uppermost node. */
  Node root();

  /** Lets somebody hear of every change of what is in files. */
  void watch(ContentWatcher watcher);

  /** What is in it, for {@link #restore}. */
  TreeState freeze();

  /**
   * Goes back to what {@link #freeze} returned, here or for another file system. Contents that are
   * open become invalid.
   */
  @Override
  void restore(TreeState earlier);

  /** Keeps nothing any more that has no name. Contents that are open become invalid. */
  void forgetHolds();

  /** Gives back what it holds of the host's. */
  void close();
}
