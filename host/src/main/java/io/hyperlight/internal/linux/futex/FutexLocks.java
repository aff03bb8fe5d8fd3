package io.hyperlight.internal.linux.futex;

import static io.hyperlight.internal.linux.futex.FutexWords.OWNER;
import static io.hyperlight.internal.linux.futex.FutexWords.OWNER_DIED;
import static io.hyperlight.internal.linux.futex.FutexWords.WAITERS;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.wait.Deadline;
import io.hyperlight.internal.linux.wait.Restart;
import io.hyperlight.internal.machine.memory.GuestAddressException;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import org.jspecify.annotations.Nullable;

/**
 * Locks with priority inheritance: the word has the number of its owner. All tasks have the same
 * priority, so nobody inherits one. What remains is that the kernel knows the owner: it hands the
 * lock over in the order of arrival, also when the owner ends, and finds deadlocks.
 */
final class FutexLocks {
  private static final String WAITS = "waits for a lock of another thread (futex)";

  private final FutexTask task;
  private final FutexQueue queue;
  private final FutexKeys keys;
  private final GuestMemory memory;

  FutexLocks(FutexTask task, GuestMemory memory) {
    this.task = task;
    this.memory = memory;
    queue = task.queue();
    keys = task.keys();
  }

  long lock(long word, boolean isPrivate, Deadline until) {
    if (!task.isQueued()) {
      FutexKey key = keys.of(word, isPrivate, true);
      FutexLock lock = take(word, key, task, false);
      if (lock == null) {
        return 0;
      }
      if (isDeadlock(lock, task)) {
        return -Errno.EDEADLK;
      }
      FutexWaiter waiter = FutexWaiter.of(task, key, word, isPrivate, FutexWaiter.ANY);
      waiter.lock = lock;
      task.add(waiter);
    }
    return task.await(WAITS, until, Restart.ALWAYS);
  }

  long tryLock(long word, boolean isPrivate) {
    return take(word, keys.of(word, isPrivate, true), task, false) == null ? 0 : -Errno.EAGAIN;
  }

  /**
   * Takes a lock for a task if it is free: {@code futex_lock_pi_atomic} of the kernel.
   *
   * @param marks whether the word is to say that others wait
   * @return null if the task has the lock now; else the lock that somebody else has
   * @throws FileException if the word contradicts what is known of the lock, or its owner does not
   *     exist
   */
  private @Nullable FutexLock take(long word, FutexKey key, FutexTask by, boolean marks) {
    while (true) {
      queue.checkpoint().pass();
      int found = memory.readWord(word);
      if ((found & OWNER) == by.thread()) {
        throw new FileException(Errno.EDEADLK);
      }
      FutexWaiter first = queue.first(key);
      if (first != null) {
        return ofWaiter(first, found);
      }
      if ((found & OWNER) == 0) {
        int mine = (found & OWNER_DIED) | by.thread() | (marks ? WAITERS : 0);
        if (memory.replaceWord(word, found, mine)) {
          return null;
        }
      } else if (memory.replaceWord(word, found, found | WAITERS)) {
        FutexTask owner = queue.task(found & OWNER);
        if (owner == null) {
          throw new FileException(Errno.ESRCH);
        }
        return new FutexLock(owner);
      }
    }
  }

  /** Returns the lock of a waiter, if the word agrees: {@code attach_to_pi_state} of the kernel. */
  private static FutexLock ofWaiter(FutexWaiter first, int found) {
    FutexLock lock = first.lock;
    if (lock == null) {
      throw new FileException(Errno.EINVAL);
    }
    int number = found & OWNER;
    FutexTask owner = lock.owner;
    boolean hasDied = (found & OWNER_DIED) != 0;
    boolean agrees =
        owner == null
            ? hasDied && number == 0
            : (hasDied && number == 0) || number == owner.thread();
    if (!agrees) {
      throw new FileException(Errno.EINVAL);
    }
    return lock;
  }

  /** Answers whether the owner of a lock waits, over others, for this task. */
  private boolean isDeadlock(FutexLock wanted, FutexTask by) {
    FutexTask owner = wanted.owner;
    while (owner != null && owner != by) {
      queue.checkpoint().pass();
      FutexLock next = owner.lock();
      owner = next == null ? null : next.owner;
    }
    return owner == by;
  }

  long unlock(long word, boolean isPrivate) {
    while (true) {
      queue.checkpoint().pass();
      // Linux looks at it before it asks for alignment.
      int found = (word & 3) == 0 ? memory.readWord(word) : memory.readInt(word);
      if ((found & OWNER) != task.thread()) {
        return -Errno.EPERM;
      }
      FutexWaiter first = queue.first(keys.of(word, isPrivate, true));
      if (first == null) {
        if (memory.replaceWord(word, found, 0)) {
          return 0;
        }
        continue;
      }
      FutexLock lock = first.lock;
      if (lock == null || lock.owner != task) {
        return -Errno.EINVAL;
      }
      if (memory.replaceWord(word, found, WAITERS | first.task.thread())) {
        handOver(lock, first);
        return 0;
      }
    }
  }

  private static void handOver(FutexLock lock, FutexWaiter to) {
    lock.owner = to.task;
    to.task.end(0);
  }

  /**
   * Hands a lock over whose owner has ended. The word may be anything, or be gone.
   *
   * @param to the first waiter
   */
  static void inherit(GuestMemory memory, FutexWaiter to) {
    FutexLock lock = to.lock;
    if (lock != null) {
      int next = OWNER_DIED | WAITERS | to.task.thread();
      try {
        FutexWords.change(memory, to.task.queue().checkpoint(), to.address, _ -> next);
      } catch (GuestAddressException e) {
        // The waiter has the lock all the same.
      }
      handOver(lock, to);
    }
  }

  /** Answers FUTEX_CMP_REQUEUE_PI: {@code futex_requeue} of the kernel. */
  long requeue(long word, long second, boolean isPrivate, int wakes, int moves, int value) {
    if (word == second || wakes != 1) {
      return -Errno.EINVAL;
    }
    FutexKey from = keys.of(word, isPrivate, false);
    FutexKey to = keys.of(second, isPrivate, true);
    if (from.equals(to)) {
      return -Errno.EINVAL;
    }
    if (memory.readWord(word) != value) {
      return -Errno.EAGAIN;
    }
    FutexWaiter first = queue.first(from);
    if (first == null) {
      return 0;
    }
    check(first, to);
    FutexLock lock = take(second, to, first.task, moves > 0);
    long done = 0;
    if (lock == null) {
      first.task.end(0);
      lock = new FutexLock(first.task);
      done = 1;
    }
    // If the lock was not free, the first waiter is moved in place of being woken.
    for (FutexWaiter waiter : queue.first(from, moves + 1L - done)) {
      queue.checkpoint().pass();
      check(waiter, to);
      if (isDeadlock(lock, waiter.task)) {
        return -Errno.EDEADLK;
      }
      queue.move(waiter, to, second, isPrivate);
      waiter.lock = lock;
      done++;
    }
    return done;
  }

  /** Checks that a waiter waits to be moved to this lock. */
  private static void check(FutexWaiter waiter, FutexKey to) {
    if (waiter.kind() != FutexWaiter.Kind.REQUEUE || !to.equals(waiter.target)) {
      throw new FileException(Errno.EINVAL);
    }
  }
}
