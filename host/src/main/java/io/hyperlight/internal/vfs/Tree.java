package io.hyperlight.internal.vfs;

import io.hyperlight.internal.restore.Restorable;

/** A tree in one file system. For one thread at a time. */
public interface Tree extends Restorable<TreeState> {
  /** Returns the top node. */
  Node root();

  /** Sets the watcher, which learns of every change of file contents. */
  void watch(ContentWatcher watcher);

  /** Returns the contents of the tree, for {@link #restore}. */
  TreeState freeze();

  /**
   * Goes back to a result of {@link #freeze}, of this tree or of its counterpart in another file
   * system. Open contents become invalid.
   */
  @Override
  void restore(TreeState earlier);

  /** Stops keeping files that have no name. Open contents become invalid. */
  void forgetHolds();

  /** Releases the resources of the host that the tree holds. */
  void close();
}
