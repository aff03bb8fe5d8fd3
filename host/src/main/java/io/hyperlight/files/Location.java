package io.hyperlight.files;

import org.jspecify.annotations.Nullable;

/**
 * Where a lookup has come to: a node and the way to it, on which ".." goes back. Immutable.
 *
 * @param parent null for the root
 * @param name in the parent; empty for the root
 */
public record Location(@Nullable Location parent, String name, Node node) {
  /** The absolute path. */
  public String path() {
    if (parent == null) {
      return "/";
    }
    String before = parent.path();
    return before.length() == 1 ? before + name : before + "/" + name;
  }

  /** The same for another sandbox's file system, which has the same trees. */
  public Location in(FileSystem other) {
    return new Location(parent == null ? null : parent.in(other), name, node.in(other));
  }
}
