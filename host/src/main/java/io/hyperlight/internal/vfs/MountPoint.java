package io.hyperlight.internal.vfs;

import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A mount point, or a directory on the way to one. It does not change after the constructor of its
 * file system.
 */
final class MountPoint {
  private final String path;
  private final long number;
  private final NavigableMap<String, MountPoint> below = new TreeMap<>();
  private @Nullable Node mounted;

  /** The last number that this point has given to one below. */
  private long lastNumber;

  private MountPoint(String path, long number) {
    this.path = path;
    this.number = number;
    lastNumber = number;
  }

  static MountPoint root() {
    return new MountPoint("/", 1);
  }

  /** Mounts a node here, on top of everything at and below this point. */
  void mount(Node node) {
    below.clear();
    mounted = node;
  }

  /** Returns the mount point at a path below the root, which this is. Makes it if there is none. */
  MountPoint at(String relative) {
    MountPoint at = this;
    for (String name : relative.split("/", -1)) {
      if (!name.isEmpty()) {
        MountPoint next = at.below.get(name);
        if (next == null) {
          next = new MountPoint((at.path.equals("/") ? "" : at.path) + "/" + name, ++lastNumber);
          at.below.put(name, next);
        }
        at = next;
      }
    }
    return at;
  }

  /** Returns the directory that is visible here if the tree has none. */
  PseudoDirectory pseudoDirectory() {
    return new PseudoDirectory(number);
  }

  String path() {
    return path;
  }

  /** Returns the node that is mounted here; null if this is only on the way to a mount point. */
  @Nullable Node mounted() {
    return mounted;
  }

  /** Returns the points one step below, by name. */
  NavigableMap<String, MountPoint> below() {
    return below;
  }

  /**
   * Returns the node that is visible here. On the way to a mount point this is always a directory,
   * even if the tree has another file at that path.
   *
   * @param covered the node that the tree above has here; null if there is none
   */
  Node view(@Nullable Node covered) {
    Node node = mounted != null ? mounted : covered;
    if (node != null && below.isEmpty()) {
      return node;
    }
    return new MergedDirectory(
        this, node != null && node.kind() == FileKind.DIRECTORY ? node : pseudoDirectory());
  }
}
