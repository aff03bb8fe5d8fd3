package io.hyperlight.internal.vfs;

import java.util.Iterator;
import java.util.Set;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * The part of a file system's state that belongs to one tree.
 *
 * @param path where the tree is mounted
 * @param covered paths at and below which other trees are visible instead of this one
 * @param directories paths that always are directories, even if the tree has other files there:
 *     mount points, and the directories on the way to them
 */
record MountedState(String path, TreeState state, Set<String> covered, Set<String> directories) {
  /** Returns the paths of the visible regular files, which the stream finds one by one. */
  Stream<String> files() {
    if (covered.contains(path)) {
      return Stream.empty();
    }
    Iterator<String> files = state.files(prefix(), covered::contains);
    return StreamSupport.stream(
            Spliterators.spliteratorUnknownSize(
                files, Spliterator.ORDERED | Spliterator.NONNULL | Spliterator.IMMUTABLE),
            false)
        .filter(file -> !directories.contains(file));
  }

  /** Returns the size of the visible file at an absolute path; -1 if this tree has none. */
  long size(String file) {
    return hides(file) ? -1 : state.size(pathInTree(file));
  }

  /**
   * Copies bytes out of the visible file at an absolute path. Returns how many, or -1 if this tree
   * has no such file.
   */
  int read(String file, long offset, byte[] target, int from, int length) {
    return hides(file) ? -1 : state.read(pathInTree(file), offset, target, from, length);
  }

  /**
   * Answers whether another tree is visible at an absolute path, or the path is outside this tree.
   */
  private boolean hides(String file) {
    if (!file.startsWith(prefix()) || directories.contains(file)) {
      return true;
    }
    for (String other : covered) {
      if (file.startsWith(other) && (other.equals("/") || file.startsWith("/", other.length()))) {
        return true;
      }
    }
    return false;
  }

  private String pathInTree(String file) {
    return file.substring(prefix().length());
  }

  private String prefix() {
    return path.equals("/") ? path : path + "/";
  }
}
