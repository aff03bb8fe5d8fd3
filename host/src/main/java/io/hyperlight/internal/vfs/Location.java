package io.hyperlight.internal.vfs;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A node and the path on which a lookup reached it. The lookup of ".." goes back along this path.
 * Immutable.
 *
 * @param parent null for the root
 * @param name in the parent; empty for the root
 * @param depth how many steps below the root
 */
public record Location(@Nullable Location parent, String name, Node node, int depth) {
  /** Creates the location one step below a parent, or the root if the parent is null. */
  public Location(@Nullable Location parent, String name, Node node) {
    this(parent, name, node, parent == null ? 0 : parent.depth + 1);
  }

  // The methods of records would recurse along the path, and a guest can make locations as deep as
  // it wants.

  @Override
  public boolean equals(@Nullable Object other) {
    if (!(other instanceof Location location) || depth != location.depth) {
      return false;
    }
    Location there = location;
    for (Location here = this; here != there && here != null && there != null; here = here.parent) {
      if (!here.isNamedAs(there)) {
        return false;
      }
      there = there.parent;
    }
    return true;
  }

  private boolean isNamedAs(Location other) {
    return name.equals(other.name) && node.equals(other.node);
  }

  @Override
  public int hashCode() {
    return 31 * name.hashCode() + node.hashCode();
  }

  @Override
  public String toString() {
    return "Location[" + pathText() + ", " + node + "]";
  }

  /** Answers whether a node is this one or on the way to it. */
  public boolean isAtOrBelow(Node upper) {
    for (Location at = this; at != null; at = at.parent) {
      if (at.node.equals(upper)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Returns the absolute path.
   *
   * @throws FileException ENAMETOOLONG if the path is too long for a system call
   */
  public String path() {
    if (pathLength() >= PathLimits.LONGEST_PATH) {
      throw new FileException(Errno.ENAMETOOLONG);
    }
    return pathText();
  }

  /** Returns the length of the absolute path, in characters. */
  private int pathLength() {
    int length = 0;
    for (Location at = this; at.parent != null; at = at.parent) {
      length += 1 + at.name.length();
    }
    return Math.max(1, length);
  }

  private String pathText() {
    char[] path = new char[pathLength()];
    path[0] = '/';
    int end = path.length;
    for (Location at = this; at.parent != null; at = at.parent) {
      end -= at.name.length();
      at.name.getChars(0, at.name.length(), path, end);
      path[--end] = '/';
    }
    return new String(path);
  }

  /**
   * Returns this location after a file or directory has moved, or null if it has not moved with it.
   *
   * @param before the old location of the moved file
   * @param now its new location
   * @param known results of earlier calls, by identity: many descriptors share parts of their paths
   */
  public @Nullable Location moved(
      Location before,
      Location now,
      IdentityHashMap<Location, Location> known,
      Checkpoint checkpoint) {
    Location upper = this;
    while (upper.depth > before.depth) {
      checkpoint.pass();
      upper = parentOf(upper);
    }
    if (!upper.isAt(before)) {
      return null;
    }
    Deque<Location> below = new ArrayDeque<>();
    Location there = null;
    for (Location at = this; there == null; at = parentOf(at)) {
      checkpoint.pass();
      there = at.depth == before.depth ? now : known.get(at);
      if (there == null) {
        below.push(at);
      }
    }
    for (Location at : below) {
      checkpoint.pass();
      there = new Location(there, at.name, at.node);
      known.put(at, there);
    }
    return there;
  }

  private static Location parentOf(Location location) {
    return Objects.requireNonNull(location.parent);
  }

  /** Returns the location of a file whose name was removed, with the suffix that Linux shows. */
  public Location removed() {
    return new Location(parent, name + " (deleted)", node);
  }

  /**
   * Answers whether another location is the same. Unlike {@link #equals}, this takes the same time
   * at any depth.
   */
  public boolean isAt(Location other) {
    return depth == other.depth && isNamedAs(other) && isInSameDirectoryAs(other);
  }

  /**
   * Compares only the parents' nodes: a directory is in one place only, so the path above need not
   * be compared.
   */
  private boolean isInSameDirectoryAs(Location other) {
    return depth == 0 || parentOf(this).node.equals(parentOf(other).node);
  }

  /**
   * Returns the same location in another sandbox's file system, which has the same trees.
   *
   * @param known results of earlier calls, by identity: many descriptors share parts of their
   *     paths, and a guest can make each path as long as it wants
   */
  public Location in(Counterparts other, IdentityHashMap<Location, Location> known) {
    Deque<Location> way = new ArrayDeque<>();
    Location there = null;
    for (Location at = this; at != null && there == null; at = at.parent) {
      there = known.get(at);
      if (there == null) {
        way.push(at);
      }
    }
    for (Location here : way) {
      there = new Location(there, here.name, here.node.in(other));
      known.put(here, there);
    }
    return Objects.requireNonNull(there);
  }
}
