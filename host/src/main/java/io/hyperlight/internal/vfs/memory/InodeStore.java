package io.hyperlight.internal.vfs.memory;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.Hold;
import java.time.Instant;
import java.time.InstantSource;

/**
 * The inodes of one tree in memory, their budget, and the holds on them.
 *
 * <p>An inode is removed when it has no name and no hold. Holds are not part of a state. Going back
 * to a state makes all open contents invalid; they notice it by {@link #generation}.
 */
final class InodeStore {
  private final boolean writable;
  private final InstantSource clock;
  private final Checkpoint checkpoint;
  private final Budget budget;
  private final InodeTable table;
  private final InodeHolds holds = new InodeHolds();
  private long generation;

  InodeStore(
      MemoryState initial,
      boolean writable,
      long limitBytes,
      InstantSource clock,
      Checkpoint checkpoint) {
    this.writable = writable;
    this.clock = clock;
    this.checkpoint = checkpoint;
    budget = new Budget(limitBytes);
    budget.setUsed(initial.used());
    table = new InodeTable(initial, checkpoint);
  }

  boolean isWritable() {
    return writable;
  }

  void requireWritable() {
    if (!writable) {
      throw new FileException(Errno.EROFS);
    }
  }

  Instant now() {
    return clock.instant();
  }

  Checkpoint checkpoint() {
    return checkpoint;
  }

  Budget budget() {
    return budget;
  }

  /** Takes bytes from the budget, or fails with ENOSPC. */
  void take(long bytes) {
    if (!budget.take(bytes)) {
      throw new FileException(Errno.ENOSPC);
    }
  }

  /** Returns the current state. */
  MemoryState freeze() {
    return table.freeze(budget.used());
  }

  void restore(MemoryState earlier) {
    table.restore(earlier);
    budget.setUsed(earlier.used());
  }

  /** Returns how many inodes there are, removed ones included. */
  long count() {
    return table.count();
  }

  /** Returns an inode that must not be changed; ENOENT if there is none. */
  Inode get(long number) {
    return table.get(number);
  }

  /** Returns an inode that may be changed. */
  Inode change(long number) {
    return table.change(number);
  }

  /** Adds an inode that the budget was charged for; returns its number. */
  long add(Inode inode) {
    return table.add(inode);
  }

  // Holds.

  /** Returns a number that changes with every restore. */
  long generation() {
    return generation;
  }

  /** Ends all holds. */
  void forgetHolds() {
    generation++;
    holds.clear();
  }

  /** Keeps an inode until the hold is closed, or the tree is restored. */
  Hold hold(long number) {
    retain(number);
    long begun = generation;
    return new Hold() {
      private boolean ended;

      @Override
      public void close() {
        if (!ended && begun == generation) {
          release(number);
        }
        ended = true;
      }
    };
  }

  /** Adds a hold. A directory without a name also keeps its parent, to which ".." leads. */
  void retain(long number) {
    long at = number;
    while (true) {
      checkpoint.pass();
      if (!holds.add(at)
          || !(table.get(at) instanceof Inode.OfDirectory directory)
          || directory.links > 0) {
        return;
      }
      at = directory.parent;
    }
  }

  /** Removes a hold of the current generation. */
  void release(long number) {
    long at = number;
    while (true) {
      checkpoint.pass();
      if (!holds.remove(at)) {
        return;
      }
      Inode inode = table.get(at);
      if (inode.links > 0) {
        return;
      }
      remove(at, inode);
      if (!(inode instanceof Inode.OfDirectory directory)) {
        return;
      }
      at = directory.parent;
    }
  }

  /** Counts one name less for an inode, and removes the inode if nothing keeps it. */
  void drop(long number) {
    Inode inode = table.change(number);
    inode.links = inode instanceof Inode.OfDirectory ? 0 : inode.links - 1;
    inode.changed = now();
    if (inode.links > 0) {
      return;
    }
    if (!holds.has(number)) {
      remove(number, inode);
    } else if (inode instanceof Inode.OfDirectory directory) {
      retain(directory.parent);
    }
  }

  private void remove(long number, Inode inode) {
    budget.release(inode.cost());
    table.remove(number);
  }
}
