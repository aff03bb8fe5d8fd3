package io.hyperlight.internal.vfs;

import io.hyperlight.internal.os.Errno;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a file system, under names that mean the same in every file system with the same
 * mounts. A node or an open file of one file system finds its counterpart in another one here.
 * Immutable.
 *
 * <p>The caller knows the type of the part that it looks up: it is the caller's own type. So this
 * class depends on none of these types.
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

  /** Returns the tree with a device number. */
  public <T> T tree(int device, Class<T> type) {
    return cast(trees.get(device), type);
  }

  /** Returns the mount point at a path, or the directory there on the way to a mount point. */
  <T> T mountPoint(String path, Class<T> type) {
    return cast(mountPoints.get(path), type);
  }

  /**
   * Returns the node that the code that answers system calls has put at a path, even if a mount
   * hides it.
   */
  public <T> T ownNode(String path, Class<T> type) {
    Object known = ownNodes.get(path);
    for (int end = path.length(); known == null && end > 0; end = path.lastIndexOf('/', end - 1)) {
      if (ownNodes.get(path.substring(0, end)) instanceof OwnFolder folder) {
        known = folder.ownNode(path);
      }
    }
    return cast(known, type);
  }

  private static <T> T cast(@Nullable Object part, Class<T> type) {
    if (!type.isInstance(part)) {
      throw new FileException(Errno.ENOENT); // the other file system has other mounts
    }
    return type.cast(part);
  }
}
