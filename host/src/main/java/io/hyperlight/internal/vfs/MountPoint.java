package io.hyperlight.internal.vfs;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A mount point, or a directory on the way to one. Not changed once a file system has it. */
final class MountPoint {
  private final String path;
  private final long number;
  private final NavigableMap<String, MountPoint> below = new TreeMap<>();
  private @Nullable Node mounted;

  private MountPoint(String path, long number) {
    this.path = path;
    this.number = number;
  }

  static MountPoint root() {
    return new MountPoint("/", 1);
  }

  /** Puts a node here, on top of everything that is here and below. */
  void mount(Node node) {
    below.clear();
    mounted = node;
  }

  /** The mount point with a path from here; made if there is none. */
  MountPoint at(String relative) {
    MountPoint at = this;
    long nextNumber = lastNumber() + 1;
    for (String name : relative.split("/", -1)) {
      if (!name.isEmpty()) {
        MountPoint next = at.below.get(name);
        if (next == null) {
          next = new MountPoint((at.path.equals("/") ? "" : at.path) + "/" + name, nextNumber++);
          at.below.put(name, next);
        }
        at = next;
      }
    }
    return at;
  }

  private long lastNumber() {
    long last = 0;
    Deque<MountPoint> pending = new ArrayDeque<>(List.of(this));
    while (!pending.isEmpty()) {
      MountPoint point = pending.pop();
      last = Math.max(last, point.number);
      point.below.values().forEach(pending::push);
    }
    return last;
  }

  /** The pseudo directory that is here where the tree has none. */
  PseudoDirectory pseudoDirectory() {
    return new PseudoDirectory(number);
  }

  String path() {
    return path;
  }

  /** What is mounted here; null if this is only on the way. */
  @Nullable Node mounted() {
    return mounted;
  }

  /** Those one step down, by name. */
  NavigableMap<String, MountPoint> below() {
    return below;
  }

  /**
   * What is to be seen here. On the way to a mount point that is always a directory, whatever the
   * tree has in its place.
   *
   * @param covered what the tree above has here; null if nothing
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
