package io.hyperlight.internal.vfs;

import java.util.Collections;
import java.util.Iterator;
import java.util.function.Predicate;

/** What is in a tree that can be written, at one moment. Immutable, for many threads. */
public interface TreeState {
  /** Of a tree that cannot be written: there is nothing to go back to. */
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
   * All regular files, each under all its names. Those whose path would be too long for a path are
   * left out, since a guest can nest directories as deep as it wants.
   *
   * @param prefix what comes before each path: empty, or ends with a slash
   * @param hidden paths, prefix included, below which nothing is visited
   */
  Iterator<String> files(String prefix, Predicate<String> hidden);

  /**
   * The size of the regular file at a path from the root, without following links.
   *
   * @return -1 if there is none
   */
  long size(String path);

  /**
   * Copies bytes out of such a file.
   *
   * @return how many; 0 at the end; -1 if there is no such file
   */
  int read(String path, long offset, byte[] target, int from, int length);
}
