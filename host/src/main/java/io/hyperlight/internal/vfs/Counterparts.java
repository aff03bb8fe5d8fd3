package io.hyperlight.internal.vfs;

import io.hyperlight.internal.os.Errno;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a file system consists of, under names that mean the same in every file system with the same
 * mounts. A node or an open file of one file system finds here what it is in another one.
 * Immutable.
 *
 * <p>Whoever looks something up knows of what type it is, since it is of that type itself. So this
 * class depends on none of them.
 */
public final class Counterparts {
  private final Map<Integer, ?> trees;
  private final Map<String, ?> mountPoints;
  private final Map<String, ?> ownNodes;

  Counterparts(Map<Integer, ?> trees, Map<String, ?> mountPoints, Map<String, ?> ownNodes) {
    this.trees = Map.copyOf(trees);
    this.mountPoints = Map.copyOf(mountPoints);
    this.ownNodes = Map.copyOf(ownNodes);
  }

  /** The tree of a device number. */
  public <T> T tree(int device, Class<T> type) {
    return cast(trees.get(device), type);
  }

  /** What is mounted, or on the way to a mount, at a path. */
  <T> T mountPoint(String path, Class<T> type) {
    return cast(mountPoints.get(path), type);
  }

  /** The node that whoever answers system calls has put at a path, also if a mount hides it. */
  public <T> T ownNode(String path, Class<T> type) {
    return cast(ownNodes.get(path), type);
  }

  private static <T> T cast(@Nullable Object part, Class<T> type) {
    if (!type.isInstance(part)) {
      throw new FileException(Errno.ENOENT); // a file system of other mounts
    }
    return type.cast(part);
  }
}
