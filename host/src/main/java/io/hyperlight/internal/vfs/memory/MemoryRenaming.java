package io.hyperlight.internal.vfs.memory;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.Renaming;

/** One {@code renameat2(2)} within a tree in memory. */
final class MemoryRenaming {
  private final InodeStore inodes;
  private final MemoryDirectories directories;
  private final long from;
  private final String name;
  private final long to;
  private final String newName;
  private final long moved;
  private final long replaced;

  /**
   * Prepares to rename an entry of the directory {@code from} to a new name in the directory {@code
   * to}.
   */
  MemoryRenaming(
      InodeStore inodes,
      MemoryDirectories directories,
      long from,
      String name,
      long to,
      String newName) {
    this.inodes = inodes;
    this.directories = directories;
    this.from = from;
    this.name = name;
    this.to = to;
    this.newName = newName;
    moved = directories.require(from, name);
    replaced = directories.child(to, newName);
  }

  void run(Renaming how) {
    boolean exchange = how == Renaming.EXCHANGE;
    if (exchange && replaced == MemoryDirectories.NONE) {
      throw new FileException(Errno.ENOENT);
    }
    if (replaced != MemoryDirectories.NONE && !how.replaces()) {
      throw new FileException(Errno.EEXIST);
    }
    if (isDirectory(moved) && isAtOrAbove(moved, to)) {
      throw new FileException(Errno.EINVAL);
    }
    if (replaced != MemoryDirectories.NONE && isAtOrAbove(replaced, from)) {
      throw new FileException(exchange ? Errno.EINVAL : Errno.ENOTEMPTY);
    }
    if (replaced == moved) {
      return;
    }
    if (exchange) {
      exchange();
    } else {
      move(how.leavesWhiteout());
    }
  }

  private boolean isDirectory(long number) {
    return inodes.get(number).kind() == FileKind.DIRECTORY;
  }

  /** Answers whether an inode is a directory itself, or is on the way from the root to it. */
  private boolean isAtOrAbove(long upper, long directory) {
    long at = directory;
    while (at != upper && at != MemoryState.ROOT) {
      inodes.checkpoint().pass();
      at = inodes.get(at).asDirectory().parent;
    }
    return at == upper;
  }

  private void move(boolean whiteout) {
    if (replaced != MemoryDirectories.NONE) {
      requireReplaceable();
    }
    copyLargeOnes();
    Inode left = new Inode.OfSpecial(FileKind.CHARACTER_DEVICE, 0, inodes.now());
    long more = replaced != MemoryDirectories.NONE ? 0 : MemoryDirectories.costOf(newName);
    more += whiteout ? left.cost() : -MemoryDirectories.costOf(name);
    if (more > 0) {
      inodes.take(more);
    } else {
      inodes.budget().release(-more);
    }
    inodes.change(from).asDirectory().entries.remove(name);
    directories.put(to, newName, moved);
    directories.touch(from);
    if (whiteout) {
      directories.put(from, name, inodes.add(left));
    }
    if (replaced != MemoryDirectories.NONE) {
      inodes.drop(replaced);
    }
    Inode inode = inodes.change(moved);
    inode.changed = inodes.now();
    if (inode instanceof Inode.OfDirectory directory) {
      directory.parent = to;
      inodes.change(from).links--;
      if (replaced == MemoryDirectories.NONE) {
        inodes.change(to).links++;
      }
    }
  }

  private void requireReplaceable() {
    Inode inode = inodes.get(replaced);
    if (inode instanceof Inode.OfDirectory directory) {
      if (!isDirectory(moved)) {
        throw new FileException(Errno.EISDIR);
      }
      if (!directory.entries.isEmpty()) {
        throw new FileException(Errno.ENOTEMPTY);
      }
    } else if (isDirectory(moved)) {
      throw new FileException(Errno.ENOTDIR);
    }
  }

  /**
   * Copies all inodes involved while nothing is half done: a checkpoint may end the call meanwhile.
   */
  private void copyLargeOnes() {
    inodes.change(from);
    inodes.change(to);
    inodes.change(moved);
    if (replaced != MemoryDirectories.NONE) {
      inodes.change(replaced);
    }
  }

  private void exchange() {
    copyLargeOnes();
    directories.put(to, newName, moved);
    directories.put(from, name, replaced);
    settle(moved, from, to);
    settle(replaced, to, from);
  }

  private void settle(long number, long before, long now) {
    Inode inode = inodes.change(number);
    inode.changed = inodes.now();
    if (inode instanceof Inode.OfDirectory directory) {
      directory.parent = now;
      inodes.change(before).links--;
      inodes.change(now).links++;
    }
  }
}
