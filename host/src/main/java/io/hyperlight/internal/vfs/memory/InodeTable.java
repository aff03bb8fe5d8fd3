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
 * The inodes of one tree in memory: a shared state, and what has changed since. An inode is copied
 * before its first change, so going back is forgetting.
 */
final class InodeTable {
  private final Checkpoint checkpoint;
  private MemoryState base;
  private long next;

  /** Changed and new inodes. */
  private Map<Long, Inode> changed = new HashMap<>();

  /** Those of the shared state that are gone. */
  private Set<Long> removed = new HashSet<>();

  InodeTable(MemoryState base, Checkpoint checkpoint) {
    this.checkpoint = checkpoint;
    this.base = base;
    this.next = base.next();
  }

  /** Not to be changed; null if there is none. */
  @Nullable Inode find(long number) {
    Inode inode = changed.get(number);
    if (inode != null) {
      return inode;
    }
    return removed.contains(number) ? null : base.table().get(number);
  }

  /**
   * Not to be changed.
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

  /** How many there are, or were. */
  long count() {
    return next - MemoryState.ROOT;
  }

  /** To be changed. */
  Inode change(long number) {
    Inode inode = changed.get(number);
    if (inode == null) {
      inode = get(number).copy(checkpoint);
      changed.put(number, inode);
    }
    return inode;
  }

  /** Adds an inode; returns its number, which none has had. */
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

  /** All as it is now. What has been changed so far is shared from now on. */
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
    // New ones, since an emptied one stays as large as it was.
    if (!changed.isEmpty()) {
      changed = new HashMap<>();
    }
    if (!removed.isEmpty()) {
      removed = new HashSet<>();
    }
  }
}
