package io.hyperlight.internal.vfs;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where a lookup has come to: a node and the way to it, on which ".." goes back. Immutable.
 *
 * @param parent null for the root
 * @param name in the parent; empty for the root
 * @param depth how many steps down from the root
 */
public record Location(@Nullable Location parent, String name, Node node, int depth) {
  /** One step down from a parent, or the root if there is none. */
  public Location(@Nullable Location parent, String name, Node node) {
    this(parent, name, node, parent == null ? 0 : parent.depth + 1);
  }

  // Not those of records, which go up by recursion: locations are as deep as the guest wants.

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

  /** Whether a node is this, or on the way to it. */
  public boolean isAtOrBelow(Node upper) {
    for (Location at = this; at != null; at = at.parent) {
      if (at.node.equals(upper)) {
        return true;
      }
    }
    return false;
  }

  /**
   * The absolute path.
   *
   * @throws FileException ENAMETOOLONG if it is none that a system call could take
   */
  public String path() {
    if (pathLength() >= PathLimits.LONGEST_PATH) {
      throw new FileException(Errno.ENAMETOOLONG);
    }
    return pathText();
  }

  /** How long the absolute path is. */
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
   * Where this is after a file or directory was moved; null if it has not moved with it.
   *
   * @param before where that was
   * @param now where it is
   * @param known what was found before, by identity: many descriptors share their ways
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

  /** The same without its name, which was taken away: as Linux shows it. */
  public Location removed() {
    return new Location(parent, name + " (deleted)", node);
  }

  /** Whether it is the same, where a node is seldom the same. */
  public boolean isAt(Location other) {
    return depth == other.depth && isNamedAs(other) && isInSameDirectoryAs(other);
  }

  /** A directory is in one place only, so that nobody has to go up from there. */
  private boolean isInSameDirectoryAs(Location other) {
    return depth == 0 || parentOf(this).node.equals(parentOf(other).node);
  }

  /**
   * The same for another sandbox's file system, which has the same trees.
   *
   * @param known what was found before, by identity: many descriptors share their ways, and each
   *     alone may be as long as the guest wants
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
