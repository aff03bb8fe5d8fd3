package io.hyperlight.internal.vfs.memory;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.Hold;
import java.time.Instant;
import java.time.InstantSource;

/**
 * The inodes of one tree in memory, what they may cost, and who keeps them.
 *
 * <p>An inode goes when it has no name and nobody has it open. Who has what open is not part of a
 * state: going back to one makes all open contents invalid, which {@link #generation} tells them.
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

  /** Takes bytes of the budget, or fails with ENOSPC. */
  void take(long bytes) {
    if (!budget.take(bytes)) {
      throw new FileException(Errno.ENOSPC);
    }
  }

  /** All as it is now. */
  MemoryState freeze() {
    return table.freeze(budget.used());
  }

  void restore(MemoryState earlier) {
    table.restore(earlier);
    budget.setUsed(earlier.used());
  }

  /** How many inodes there are, or were. */
  long count() {
    return table.count();
  }

  /** An inode, not to be changed; ENOENT if there is none. */
  Inode get(long number) {
    return table.get(number);
  }

  /** An inode, to be changed. */
  Inode change(long number) {
    return table.change(number);
  }

  /** Adds an inode, which is paid for; returns its number. */
  long add(Inode inode) {
    return table.add(inode);
  }

  // Who keeps what.

  /** Changes with every restore. */
  long generation() {
    return generation;
  }

  /** Nobody keeps anything any more. */
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

  /** A directory without a name keeps the one above, to which ".." leads. */
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

  /** Somebody of this generation has it no longer. */
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

  /** An inode has lost a name. */
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
    budget.giveBack(inode.cost());
    table.remove(number);
  }
}
