package io.hyperlight.internal.vfs;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A mount point, or a directory on the way to one. Not changed once a file system has it. */
final class Place {
  private final String path;
  private final long number;
  private final NavigableMap<String, Place> below = new TreeMap<>();
  private @Nullable Node mounted;

  private Place(String path, long number) {
    this.path = path;
    this.number = number;
  }

  static Place root() {
    return new Place("/", 1);
  }

  /** Puts a node here, on top of everything that is here and below. */
  void mount(Node node) {
    below.clear();
    mounted = node;
  }

  /** The place with a path from here; made if there is none. */
  Place at(String relative) {
    Place at = this;
    long nextNumber = lastNumber() + 1;
    for (String name : relative.split("/", -1)) {
      if (!name.isEmpty()) {
        Place next = at.below.get(name);
        if (next == null) {
          next = new Place((at.path.equals("/") ? "" : at.path) + "/" + name, nextNumber++);
          at.below.put(name, next);
        }
        at = next;
      }
    }
    return at;
  }

  private long lastNumber() {
    long last = 0;
    Deque<Place> pending = new ArrayDeque<>(List.of(this));
    while (!pending.isEmpty()) {
      Place place = pending.pop();
      last = Math.max(last, place.number);
      place.below.values().forEach(pending::push);
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

  /** The places one step down, by name. */
  NavigableMap<String, Place> below() {
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
