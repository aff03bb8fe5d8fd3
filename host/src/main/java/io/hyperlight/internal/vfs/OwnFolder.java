package io.hyperlight.internal.vfs;

/**
 * A directory with nodes that the code that answers system calls makes when it is asked for them,
 * and that come and go.
 */
public interface OwnFolder {
  /**
   * Returns the node at a path below this directory, even if it is not there now.
   *
   * @param path absolute, of a node of the same directory of another guest
   * @throws FileException ENOENT if there can be no such node
   */
  Node ownNode(String path);
}
