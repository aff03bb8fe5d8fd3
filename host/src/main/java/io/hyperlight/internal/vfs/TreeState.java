package io.hyperlight.internal.vfs;

import java.util.Collections;
import java.util.Iterator;
import java.util.function.Predicate;

/** The contents of a writable tree at one moment. Immutable, for many threads. */
public interface TreeState {
  /** The state of a read-only tree, which has nothing to go back to. */
  TreeState READ_ONLY =
      new TreeState() {
        @Override
        public Iterator<String> files(String prefix, Predicate<String> hidden) {
          return Collections.emptyIterator();
        }

        @Override
        public long size(String path) {
          return -1;
        }

        @Override
        public int read(String path, long offset, byte[] target, int from, int length) {
          return -1;
        }
      };

  /**
   * Returns the paths of all regular files, each under all of its names. Files whose paths are
   * longer than a path can be are left out: a guest can nest directories as deep as it wants.
   *
   * @param prefix the beginning of each path: empty, or ends with a slash
   * @param hidden paths, with the prefix, at and below which nothing is visited
   */
  Iterator<String> files(String prefix, Predicate<String> hidden);

  /**
   * Returns the size of the regular file at a path from the root. Symbolic links are not followed.
   *
   * @return in bytes; -1 if there is no such file
   */
  long size(String path);

  /**
   * Copies bytes out of such a file.
   *
   * @return how many bytes; 0 at the end; -1 if there is no such file
   */
  int read(String path, long offset, byte[] target, int from, int length);
}
