package io.hyperlight.internal.linux.futex;

import static io.hyperlight.internal.linux.futex.FutexWords.OWNER;
import static io.hyperlight.internal.linux.futex.FutexWords.OWNER_DIED;
import static io.hyperlight.internal.linux.futex.FutexWords.WAITERS;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.machine.memory.GuestAddressException;
import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.vfs.FileException;

/**
 * The list of the locks that a task has: {@code set_robust_list(2)}. It lies in the program's own
 * memory. When the task ends, its locks get a mark, and a waiter of each is woken.
 *
 * <p><b>Boundary.</b> The list may be anything: endless, or lead anywhere. The walk ends at the
 * first address that cannot be read, and after as many entries as Linux looks at.
 */
public final class RobustList {
  /** The size of {@code struct robust_list_head} in bytes. */
  public static final int HEAD_BYTES = 24;

  /** {@code ROBUST_LIST_LIMIT}. */
  private static final int MOST = 2048;

  private static final long LOCK_WITH_PRIORITY = 1;

  private long head;

  /** Returns the address of the head; 0 for none. */
  public long head() {
    return head;
  }

  public void set(long address) {
    head = address;
  }

  /**
   * Marks the locks of a task that ends, hands over those with priority inheritance, and wakes who
   * waits for the end of the task.
   *
   * @param clearedAtExit where a zero is written and a waiter woken; 0 for nowhere
   */
  public void end(FutexTask task, GuestMemory memory, long clearedAtExit) {
    Walk walk = new Walk(task, memory);
    if (head != 0) {
      try {
        walk.all(head);
      } catch (GuestAddressException e) {
        // The rest of the list cannot be reached.
      }
    }
    for (FutexWaiter first : task.queue().waitersFor(task)) {
      FutexLocks.inherit(memory, first);
    }
    if (clearedAtExit != 0) {
      walk.clear(clearedAtExit);
    }
    task.forget();
  }

  /** The end of one task. */
  private static final class Walk {
    private final FutexTask task;
    private final FutexQueue queue;
    private final GuestMemory memory;
    private final Checkpoint checkpoint;

    Walk(FutexTask task, GuestMemory memory) {
      this.task = task;
      this.memory = memory;
      queue = task.queue();
      checkpoint = queue.checkpoint();
    }

    void all(long list) {
      long entry = memory.readLong(list);
      long offset = memory.readLong(list + 8);
      long pending = memory.readLong(list + 16);
      for (int count = 0; address(entry) != list && count < MOST; count++) {
        checkpoint.pass();
        long next = 0;
        boolean isLast = false;
        try {
          next = memory.readLong(address(entry));
        } catch (GuestAddressException e) {
          isLast = true; // the lock of this entry is still looked at
        }
        if (address(entry) != address(pending) && !died(entry, offset, false)) {
          return;
        }
        if (isLast) {
          return;
        }
        entry = next;
      }
      if (address(pending) != 0) {
        died(pending, offset, true);
      }
    }

    private static long address(long entry) {
      return entry & -2;
    }

    /**
     * Marks a lock, if it is the task's: {@code handle_futex_death} of the kernel.
     *
     * @param isPending whether the task was about to lock or unlock it
     * @return false if the walk ends here
     */
    private boolean died(long entry, long offset, boolean isPending) {
      long word = address(entry) + offset;
      boolean inherits = (entry & LOCK_WITH_PRIORITY) != 0;
      if ((word & 3) != 0) {
        return false;
      }
      int found;
      try {
        do {
          checkpoint.pass();
          found = memory.readWord(word);
          if (isPending && !inherits && (found & OWNER) == 0) {
            wake(word); // it may have unlocked the word and not woken anybody yet
            return true;
          }
          if ((found & OWNER) != task.thread()) {
            return true;
          }
        } while (!memory.replaceWord(word, found, (found & WAITERS) | OWNER_DIED));
      } catch (GuestAddressException e) {
        return false;
      }
      if (!inherits && (found & WAITERS) != 0) {
        wake(word);
      }
      return true;
    }

    /** Writes a zero and wakes a waiter, as {@code CLONE_CHILD_CLEARTID} asks. */
    void clear(long word) {
      try {
        memory.writeInt(word, 0);
      } catch (GuestAddressException e) {
        // Linux wakes a waiter all the same.
      }
      wake(word);
    }

    private void wake(long word) {
      try {
        queue.wake(task.keys().of(word, false, false), 1, FutexWaiter.ANY);
      } catch (FileException e) {
        // No futex can be there.
      }
    }
  }
}
