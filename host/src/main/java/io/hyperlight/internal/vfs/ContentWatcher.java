package io.hyperlight.internal.vfs;

/**
 * Hears of every change of a file's contents, before and after it, whoever makes it and by whatever
 * name. For one thread at a time.
 */
public interface ContentWatcher {
  /** Nobody. */
  ContentWatcher NONE =
      new ContentWatcher() {
        @Override
        public boolean changing(int device, long inode, long from, long to) {
          return false;
        }

        @Override
        public void changed() {}
      };

  /**
   * Bytes of a file are about to change; the size, too, if they go beyond the end.
   *
   * @param device as {@link FileStatus} has it, like {@code inode}
   * @param from the first byte
   * @param to behind the last
   * @return whether to say when that has happened
   */
  boolean changing(int device, long inode, long from, long to);

  /** What was said last has happened, or has failed. */
  void changed();
}
