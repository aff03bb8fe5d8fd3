package io.hyperlight.files;

import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A tree's part of a state.
 *
 * @param path where it is mounted
 * @param state null if it cannot be written
 * @param covered paths at and below which other trees are to be seen in its place
 * @param directories paths at which there is a directory, whatever the tree has there: those of
 *     mount points, and on the way to them
 */
record MountedState(
    String path, @Nullable MemoryState state, Set<String> covered, Set<String> directories) {
  /** Visits the regular files that are to be seen, by absolute path. */
  void forEachFile(BiConsumer<String, Inode.OfFile> visitor) {
    if (state != null && !covered.contains(path)) {
      state.forEachFile(
          prefix(),
          covered::contains,
          (file, inode) -> {
            if (!directories.contains(file)) {
              visitor.accept(file, inode);
            }
          });
    }
  }

  /** The file that is to be seen at an absolute path; null if there is none of this tree. */
  Inode.@Nullable OfFile find(String file) {
    if (state == null || !file.startsWith(prefix()) || directories.contains(file)) {
      return null;
    }
    for (String other : covered) {
      if (file.startsWith(other) && (other.equals("/") || file.startsWith("/", other.length()))) {
        return null;
      }
    }
    return state.find(file.substring(prefix().length())) instanceof Inode.OfFile inode
        ? inode
        : null;
  }

  private String prefix() {
    return path.equals("/") ? path : path + "/";
  }
}
