package io.hyperlight.files;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where a lookup has come to: a node and the way to it, on which ".." goes back. Immutable.
 *
 * @param parent null for the root
 * @param name in the parent; empty for the root
 */
public record Location(@Nullable Location parent, String name, Node node) {
  // Not those of records, which go up by recursion: locations are as deep as the guest wants.

  @Override
  public boolean equals(@Nullable Object other) {
    if (!(other instanceof Location location) || depth() != location.depth()) {
      return false;
    }
    Location there = location;
    for (Location here = this; here != null && there != null; here = here.parent) {
      if (!here.name.equals(there.name) || !here.node.equals(there.node)) {
        return false;
      }
      there = there.parent;
    }
    return true;
  }

  @Override
  public int hashCode() {
    return 31 * name.hashCode() + node.hashCode();
  }

  @Override
  public String toString() {
    return "Location[" + path() + ", " + node + "]";
  }

  /** How many steps down from the root. */
  int depth() {
    int depth = 0;
    for (Location at = parent; at != null; at = at.parent) {
      depth++;
    }
    return depth;
  }

  /** Whether a node is this, or on the way to it. */
  public boolean isAtOrBelow(Node upper) {
    for (Location at = this; at != null; at = at.parent) {
      if (at.node.equals(upper)) {
        return true;
      }
    }
    return false;
  }

  /** The absolute path. */
  public String path() {
    StringBuilder path = new StringBuilder();
    for (Location at = this; at.parent != null; at = at.parent) {
      path.insert(0, at.name).insert(0, '/');
    }
    return path.isEmpty() ? "/" : path.toString();
  }

  /** The same without its name, which was taken away: as Linux shows it. */
  public Location removed() {
    return new Location(parent, name + " (deleted)", node);
  }

  /** Whether it is the same, where a node is seldom the same. */
  public boolean isAt(Location other) {
    return node.equals(other.node) && equals(other);
  }

  /** The same for another sandbox's file system, which has the same trees. */
  public Location in(FileSystem other) {
    Deque<Location> way = new ArrayDeque<>();
    for (Location at = this; at != null; at = at.parent) {
      way.push(at);
    }
    Location there = null;
    for (Location here : way) {
      there = new Location(there, here.name, here.node.in(other));
    }
    return Objects.requireNonNull(there);
  }
}
