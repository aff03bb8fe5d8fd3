package io.hyperlight.internal.vfs.memory;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.ContentWatcher;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.Node;
import io.hyperlight.internal.vfs.Renaming;
import io.hyperlight.internal.vfs.Seals;
import io.hyperlight.internal.vfs.Space;
import io.hyperlight.internal.vfs.Tree;
import io.hyperlight.internal.vfs.TreeState;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * Files in memory, in one file system. All methods take inode numbers.
 *
 * <p><b>Boundary.</b> Guests choose names, offsets, sizes and the order of operations. The {@link
 * Budget} bounds what they can take of the heap, and no method recurses along a path.
 */
final class MemoryTree implements Tree {
  private final int device;
  private final InodeStore inodes;
  private final MemoryDirectories directories;
  private final MemoryFiles files;

  /**
   * Creates a tree with an initial state.
   *
   * @param device the tree's number in the file system
   */
  MemoryTree(
      int device,
      MemoryState initial,
      boolean writable,
      long limitBytes,
      InstantSource clock,
      Checkpoint checkpoint) {
    this.device = device;
    inodes = new InodeStore(initial, writable, limitBytes, clock, checkpoint);
    directories = new MemoryDirectories(inodes);
    files = new MemoryFiles(device, inodes);
  }

  @Override
  public Node root() {
    return new MemoryNode(this, MemoryState.ROOT);
  }

  int device() {
    return device;
  }

  InodeStore inodes() {
    return inodes;
  }

  MemoryDirectories directories() {
    return directories;
  }

  MemoryFiles files() {
    return files;
  }

  boolean isWritable() {
    return inodes.isWritable();
  }

  @Override
  public void watch(ContentWatcher watcher) {
    files.watch(watcher);
  }

  /** Returns the current state. */
  MemoryState state() {
    return inodes.freeze();
  }

  @Override
  public TreeState freeze() {
    return isWritable() ? state() : TreeState.READ_ONLY;
  }

  @Override
  public void restore(TreeState earlier) {
    if (earlier instanceof MemoryState state) {
      inodes.restore(state);
    }
    forgetHolds();
  }

  @Override
  public void forgetHolds() {
    inodes.forgetHolds();
  }

  @Override
  public void close() {}

  FileKind kind(long number) {
    return inodes.get(number).kind();
  }

  FileStatus status(long number) {
    Inode inode = inodes.get(number);
    return new FileStatus(
        device,
        number,
        inode.kind(),
        inode.permissions,
        inode.links,
        inode.size(),
        inode.allocated(),
        inode.accessed,
        inode.modified,
        inode.changed,
        0);
  }

  /** Returns the room that is left. The number of further files is that of empty ones. */
  Space space() {
    Budget budget = inodes.budget();
    long file = Budget.INODE + Budget.NAME;
    return isWritable()
        ? new Space(
            budget.limit(),
            budget.available(),
            Math.max(1, budget.limit() / file),
            budget.available() / file)
        : new Space(budget.used(), 0, inodes.count(), 0);
  }

  String target(long link) {
    if (inodes.get(link) instanceof Inode.OfLink inode) {
      return inode.target;
    }
    throw new FileException(Errno.EINVAL);
  }

  void rename(long from, String name, long to, String newName, Renaming how) {
    inodes.requireWritable();
    directories.requireThere(from);
    directories.requireThere(to);
    new MemoryRenaming(inodes, directories, from, name, to, newName).run(how);
  }

  void setPermissions(long number, int permissions) {
    inodes.requireWritable();
    Inode inode = inodes.change(number);
    if (inode instanceof Inode.OfFile file
        && (file.seals & Seals.EXEC) != 0
        && ((permissions ^ inode.permissions) & 0111) != 0) {
      throw new FileException(Errno.EPERM);
    }
    inode.permissions = permissions;
    inode.changed = inodes.now();
  }

  void setTimes(long number, @Nullable Instant accessed, @Nullable Instant modified) {
    inodes.requireWritable();
    Inode inode = inodes.change(number);
    if (accessed != null) {
      inode.accessed = accessed;
    }
    if (modified != null) {
      inode.modified = modified;
    }
    inode.changed = inodes.now();
  }
}
