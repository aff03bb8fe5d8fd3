package io.hyperlight.internal.vfs;

import java.util.Iterator;
import java.util.Set;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
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
  /** The paths of the regular files that are to be seen, found as they are asked for. */
  Stream<String> files() {
    if (state == null || covered.contains(path)) {
      return Stream.empty();
    }
    Iterator<String> files = state.files(prefix(), covered::contains);
    return StreamSupport.stream(
            Spliterators.spliteratorUnknownSize(
                files, Spliterator.ORDERED | Spliterator.NONNULL | Spliterator.IMMUTABLE),
            false)
        .filter(file -> !directories.contains(file));
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
