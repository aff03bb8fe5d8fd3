package io.hyperlight.internal.vfs.memory;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.ContentWatcher;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.Seals;

/** The contents of the regular files of a tree in memory, by inode number. */
final class MemoryFiles {
  private final int device;
  private final InodeStore inodes;
  private ContentWatcher watcher = ContentWatcher.NONE;

  /**
   * Creates the files of a tree.
   *
   * @param device the number of the tree
   */
  MemoryFiles(int device, InodeStore inodes) {
    this.device = device;
    this.inodes = inodes;
  }

  /** Sets the watcher, which learns of every change of contents. */
  void watch(ContentWatcher listening) {
    watcher = listening;
  }

  /** Keeps a regular file while it is open, until {@link InodeStore#release}. */
  void retain(long number) {
    Inode.OfFile _ = inodes.get(number).asFile();
    inodes.retain(number);
  }

  int read(long number, long offset, byte[] target, int from, int length) {
    inodes.checkpoint().passBytes(length);
    watcher.reading(device, number, offset, offset + Math.min(length, Long.MAX_VALUE - offset));
    return inodes.get(number).asFile().data.read(offset, target, from, length);
  }

  int write(long number, long offset, byte[] source, int from, int length) {
    inodes.requireWritable();
    if (length == 0) {
      return 0;
    }
    inodes.checkpoint().passBytes(length);
    if (offset == Long.MAX_VALUE) {
      throw new FileException(Errno.EFBIG);
    }
    Inode.OfFile inode = inodes.change(number).asFile();
    require(!Seals.forbidWrites(inode.seals));
    int count = (int) Math.min(length, endOfWrite(inode, offset + length) - offset);
    require(count > 0);
    boolean watched = watcher.changing(device, number, offset, offset + count);
    int written = inode.data.write(offset, source, from, count, inodes.budget());
    if (watched) {
      watcher.changed();
    }
    if (written == 0) {
      throw new FileException(Errno.ENOSPC);
    }
    written(inode);
    return written;
  }

  /**
   * Returns where a write ends. Linux writes page by page. With a seal, it does not write to a page
   * on which the file would grow.
   *
   * @param wanted negative if it overflows
   */
  private static long endOfWrite(Inode.OfFile inode, long wanted) {
    long end = wanted < 0 ? Long.MAX_VALUE : wanted;
    return mayGrow(inode, end) ? end : inode.data.size() & -PageTree.PAGE;
  }

  void truncate(long number, long size) {
    inodes.requireWritable();
    Inode.OfFile inode = inodes.change(number).asFile();
    long before = inode.data.size();
    require(mayGrow(inode, size) && (size >= before || (inode.seals & Seals.SHRINK) == 0));
    boolean watched =
        watcher.changing(device, number, Math.min(before, size), Math.max(before, size));
    inode.data.truncate(size, inodes.budget(), inodes.checkpoint());
    if (watched) {
      watcher.changed();
    }
    written(inode);
  }

  void punch(long number, long from, long to) {
    inodes.requireWritable();
    Inode.OfFile inode = inodes.change(number).asFile();
    require(!Seals.forbidWrites(inode.seals));
    boolean watched = watcher.changing(device, number, from, to);
    inode.data.punch(from, to, inodes.budget(), inodes.checkpoint());
    if (watched) {
      watcher.changed();
    }
    written(inode);
  }

  /** Makes sure that there is room for later writes to a part of a file. */
  void reserve(long number, long from, long to, boolean extend) {
    inodes.requireWritable();
    Inode.OfFile inode = inodes.change(number).asFile();
    require(mayGrow(inode, to));
    if (!inode.data.reserve(from, to, inodes.budget(), inodes.checkpoint())) {
      throw new FileException(Errno.ENOSPC);
    }
    if (extend) {
      inode.data.extend(to);
    }
    written(inode);
  }

  private static boolean mayGrow(Inode.OfFile inode, long size) {
    return (inode.seals & Seals.GROW) == 0 || size <= inode.data.size();
  }

  private static void require(boolean allowed) {
    if (!allowed) {
      throw new FileException(Errno.EPERM);
    }
  }

  int seals(long number) {
    return inodes.get(number).asFile().seals;
  }

  /** Makes the file one that accepts seals, with some of them. */
  void beginSeals(long number, int seals) {
    inodes.change(number).asFile().seals = seals;
  }

  void addSeals(long number, int seals) {
    inodes.requireWritable();
    Inode.OfFile inode = inodes.change(number).asFile();
    require((inode.seals & Seals.SEAL) == 0);
    int more = seals;
    if ((seals & Seals.EXEC) != 0 && (inode.permissions & 0111) != 0) {
      more |= Seals.SHRINK | Seals.GROW | Seals.WRITE | Seals.FUTURE_WRITE;
    }
    if ((more & ~inode.seals & Seals.WRITE) != 0 && watcher.isMappedWritable(device, number)) {
      throw new FileException(Errno.EBUSY);
    }
    inode.seals |= more;
  }

  /** Makes sure that there is room for later calls of {@link #putBack}. */
  void requireRoom(long number, long from, long to) {
    inodes.requireWritable();
    Inode.OfFile inode = inodes.change(number).asFile();
    if (!inode.data.reserve(from, to, inodes.budget(), inodes.checkpoint())) {
      throw new FileException(Errno.ENOSPC);
    }
  }

  /** Copies bytes of a mapping into a file. Answers whether there was room for all of them. */
  boolean putBack(long number, long offset, byte[] source, int from, int length) {
    inodes.requireWritable();
    Inode.OfFile inode = inodes.change(number).asFile();
    return inode.data.write(offset, source, from, length, inodes.budget()) == length;
  }

  long nextData(long number, long offset) {
    watcher.reading(device, number, offset, Long.MAX_VALUE);
    return inodes.get(number).asFile().data.nextData(offset, inodes.checkpoint());
  }

  long nextHole(long number, long offset) {
    watcher.reading(device, number, offset, Long.MAX_VALUE);
    return inodes.get(number).asFile().data.nextHole(offset, inodes.checkpoint());
  }

  /**
   * Records a write. Like Linux, it clears the bits that change user and group: a changed program
   * must not run with its owner's rights.
   */
  private void written(Inode.OfFile inode) {
    int groupMayRun = inode.permissions & 0010;
    inode.permissions &= ~(04000 | (groupMayRun != 0 ? 02000 : 0));
    inode.modified = inodes.now();
    inode.changed = inode.modified;
  }
}
