package io.hyperlight.internal.vfs;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;

/** One {@code renameat2(2)} within a tree in memory. */
final class MemoryRenaming {
  private final MemoryTree tree;
  private final InodeTable inodes;
  private final Budget budget;
  private final long from;
  private final String name;
  private final long to;
  private final String newName;
  private final long moved;
  private final long replaced;

  /** From a directory, a name in it, to another one, and the new name. */
  MemoryRenaming(
      MemoryTree tree,
      InodeTable inodes,
      Budget budget,
      long from,
      String name,
      long to,
      String newName) {
    this.tree = tree;
    this.inodes = inodes;
    this.budget = budget;
    this.from = from;
    this.name = name;
    this.to = to;
    this.newName = newName;
    moved = tree.require(from, name);
    replaced = tree.child(to, newName);
  }

  void run(Renaming how, Checkpoint checkpoint) {
    boolean exchange = how == Renaming.EXCHANGE;
    if (exchange && replaced == MemoryTree.NONE) {
      throw new FileException(Errno.ENOENT);
    }
    if (replaced != MemoryTree.NONE && !how.replaces()) {
      throw new FileException(Errno.EEXIST);
    }
    if (isDirectory(moved) && isAtOrAbove(moved, to, checkpoint)) {
      throw new FileException(Errno.EINVAL);
    }
    if (replaced != MemoryTree.NONE && isAtOrAbove(replaced, from, checkpoint)) {
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
    return tree.kind(number) == FileKind.DIRECTORY;
  }

  /** Whether a directory, if it is one, is another one or lies on the way to that. */
  private boolean isAtOrAbove(long upper, long directory, Checkpoint checkpoint) {
    long at = directory;
    while (at != upper && at != MemoryState.ROOT) {
      checkpoint.pass();
      at = MemoryTree.asDirectory(inodes.get(at)).parent;
    }
    return at == upper;
  }

  private void move(boolean whiteout) {
    if (replaced != MemoryTree.NONE) {
      requireReplaceable();
    }
    copyLargeOnes();
    Inode left = new Inode.OfSpecial(FileKind.CHARACTER_DEVICE, 0, tree.now());
    long more = replaced != MemoryTree.NONE ? 0 : MemoryTree.costOf(newName);
    more += whiteout ? left.cost() : -MemoryTree.costOf(name);
    if (more > 0) {
      tree.take(more);
    } else {
      budget.giveBack(-more);
    }
    MemoryTree.asDirectory(inodes.change(from)).entries.remove(name);
    tree.put(to, newName, moved);
    tree.touch(from);
    if (whiteout) {
      tree.put(from, name, inodes.add(left));
    }
    if (replaced != MemoryTree.NONE) {
      tree.drop(replaced);
    }
    Inode inode = inodes.change(moved);
    inode.changed = tree.now();
    if (inode instanceof Inode.OfDirectory directory) {
      directory.parent = to;
      inodes.change(from).links--;
      if (replaced == MemoryTree.NONE) {
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

  /** Here, where nothing is half done: the call may be ended meanwhile. */
  private void copyLargeOnes() {
    inodes.change(from);
    inodes.change(to);
    inodes.change(moved);
    if (replaced != MemoryTree.NONE) {
      inodes.change(replaced);
    }
  }

  private void exchange() {
    copyLargeOnes();
    tree.put(to, newName, moved);
    tree.put(from, name, replaced);
    settle(moved, from, to);
    settle(replaced, to, from);
  }

  private void settle(long number, long before, long now) {
    Inode inode = inodes.change(number);
    inode.changed = tree.now();
    if (inode instanceof Inode.OfDirectory directory) {
      directory.parent = now;
      inodes.change(before).links--;
      inodes.change(now).links++;
    }
  }
}
