package io.hyperlight.internal.vfs;

import java.util.Iterator;
import java.util.Set;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * A tree's part of a state.
 *
 * @param path where it is mounted
 * @param covered paths at and below which other trees are to be seen in its place
 * @param directories paths at which there is a directory, whatever the tree has there: those of
 *     mount points, and on the way to them
 */
record MountedState(String path, TreeState state, Set<String> covered, Set<String> directories) {
  /** The paths of the regular files that are to be seen, found as they are asked for. */
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

  /** The size of the file that is to be seen at an absolute path; -1 if this tree has none. */
  long size(String file) {
    return hides(file) ? -1 : state.size(pathInTree(file));
  }

  /** Copies bytes out of that file; returns how many, or -1 if this tree has none. */
  int read(String file, long offset, byte[] target, int from, int length) {
    return hides(file) ? -1 : state.read(pathInTree(file), offset, target, from, length);
  }

  /** Whether something else is to be seen at an absolute path, or the tree does not reach there. */
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
