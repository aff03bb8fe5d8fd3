package io.hyperlight.internal.vfs.memory;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The inodes of one tree in memory: a shared state and the changes since. An inode is copied before
 * its first change, so a restore merely drops the changes.
 */
final class InodeTable {
  private final Checkpoint checkpoint;
  private MemoryState base;
  private long next;

  /** The changed and the new inodes. */
  private Map<Long, Inode> changed = new HashMap<>();

  /** The numbers of the shared state's inodes that were removed. */
  private Set<Long> removed = new HashSet<>();

  InodeTable(MemoryState base, Checkpoint checkpoint) {
    this.checkpoint = checkpoint;
    this.base = base;
    this.next = base.next();
  }

  /** Returns an inode that must not be changed; null if there is none. */
  @Nullable Inode find(long number) {
    Inode inode = changed.get(number);
    if (inode != null) {
      return inode;
    }
    return removed.contains(number) ? null : base.table().get(number);
  }

  /**
   * Returns an inode that must not be changed.
   *
   * @throws FileException ENOENT if there is none
   */
  Inode get(long number) {
    Inode inode = find(number);
    if (inode == null) {
      throw new FileException(Errno.ENOENT);
    }
    return inode;
  }

  /** Returns how many inodes there are, removed ones included. */
  long count() {
    return next - MemoryState.ROOT;
  }

  /** Returns an inode that may be changed, and copies it before the first change. */
  Inode change(long number) {
    Inode inode = changed.get(number);
    if (inode == null) {
      inode = get(number).copy(checkpoint);
      changed.put(number, inode);
    }
    return inode;
  }

  /** Adds an inode; returns its number, which no other inode has had. */
  long add(Inode inode) {
    changed.put(next, inode);
    return next++;
  }

  void remove(long number) {
    changed.remove(number);
    if (base.table().containsKey(number)) {
      removed.add(number);
    }
  }

  /** Returns the current state. The changed inodes become part of it and are shared from now on. */
  MemoryState freeze(long used) {
    if (changed.isEmpty() && removed.isEmpty()) {
      return base;
    }
    Map<Long, Inode> table = new HashMap<>(base.table());
    table.keySet().removeAll(removed);
    table.putAll(changed);
    restore(new MemoryState(table, next, used));
    return base;
  }

  void restore(MemoryState state) {
    base = state;
    next = state.next();
    // New collections, since an emptied one keeps its capacity.
    if (!changed.isEmpty()) {
      changed = new HashMap<>();
    }
    if (!removed.isEmpty()) {
      removed = new HashSet<>();
    }
  }
}
