package io.hyperlight.internal.vfs;

/**
 * Learns of every change of a file's contents, before and after the change. It does not matter who
 * makes the change or under which name. For one thread at a time.
 */
public interface ContentWatcher {
  /** Ignores all changes. */
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
   * Announces that bytes of a file are about to be read.
   *
   * @param device the tree's number, as in {@link FileStatus}
   * @param inode the file's number, as in {@link FileStatus}
   * @param from the first byte
   * @param to the byte after the last one
   */
  default void reading(int device, long inode, long from, long to) {}

  /** Answers whether a file can be written through a mapping, now or later. */
  default boolean isMappedWritable(int device, long inode) {
    return false;
  }

  /** Announces that all files are about to be read. */
  default void readingAll() {}

  /**
   * Announces that bytes of a file are about to change. If they go beyond the end, the size
   * changes, too.
   *
   * @param device the tree's number, as in {@link FileStatus}
   * @param inode the file's number, as in {@link FileStatus}
   * @param from the first byte
   * @param to the byte after the last one
   * @return whether to call {@link #changed} after the change
   */
  boolean changing(int device, long inode, long from, long to);

  /** Announces that the last announced change has happened, or has failed. */
  void changed();
}
