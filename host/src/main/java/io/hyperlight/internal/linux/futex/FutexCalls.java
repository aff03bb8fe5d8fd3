package io.hyperlight.internal.linux.futex;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.time.Times;
import io.hyperlight.internal.linux.wait.Deadline;
import io.hyperlight.internal.linux.wait.Restart;
import io.hyperlight.internal.linux.wait.TaskWait;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * {@code futex(2)}: waiting for a word of memory, and waking those that wait. {@link FutexLocks}
 * has the commands on locks with priority inheritance.
 *
 * <p>The numbers of woken waiters, the order of checks and their errors are those of the kernel.
 */
public final class FutexCalls {
  private static final int WAIT = 0;
  private static final int WAKE = 1;
  private static final int REQUEUE = 3;
  private static final int CMP_REQUEUE = 4;
  private static final int WAKE_OP = 5;
  private static final int LOCK_PI = 6;
  private static final int UNLOCK_PI = 7;
  private static final int TRYLOCK_PI = 8;
  private static final int WAIT_BITSET = 9;
  private static final int WAKE_BITSET = 10;
  private static final int WAIT_REQUEUE_PI = 11;
  private static final int CMP_REQUEUE_PI = 12;
  private static final int LOCK_PI2 = 13;

  static final int PRIVATE_FLAG = 128;
  private static final int CLOCK_REALTIME = 256;

  static final String WAITS = "waits for another thread (futex)";

  private final GuestMemory memory;
  private final FutexTask task;
  private final FutexQueue queue;
  private final FutexKeys keys;
  private final TaskWait waiting;
  private final FutexLocks locks;
  private final FutexOperation operation;

  public FutexCalls(FutexTask task, GuestMemory memory) {
    this.task = task;
    this.memory = memory;
    queue = task.queue();
    keys = task.keys();
    waiting = task.waiting();
    locks = new FutexLocks(task, memory);
    operation = new FutexOperation(memory, queue.checkpoint());
  }

  /**
   * Answers {@code futex(2)}.
   *
   * @param fourth a timeout's address, or a number
   */
  public long futex(long word, int flags, int value, long fourth, long second, int third) {
    OptionalLong over = task.takeResult();
    if (over.isPresent()) {
      return over.getAsLong();
    }
    int command = flags & ~(PRIVATE_FLAG | CLOCK_REALTIME);
    boolean isPrivate = (flags & PRIVATE_FLAG) != 0;
    boolean isReal = (flags & CLOCK_REALTIME) != 0;
    Deadline until = waiting.deadline();
    if (takesTimeout(command) && fourth != 0 && !waiting.hasDeadline()) {
      long nanos = Times.readNanos(memory, fourth);
      if (nanos < 0) {
        return -Errno.EINVAL;
      }
      until = deadline(command, isReal, nanos);
    }
    if (isReal && command != WAIT_BITSET && command != WAIT_REQUEUE_PI && command != LOCK_PI2) {
      return -Errno.ENOSYS;
    }
    return switch (command) {
      case WAIT -> await(word, isPrivate, value, until, FutexWaiter.ANY);
      case WAIT_BITSET -> await(word, isPrivate, value, until, third);
      case WAKE -> wake(word, isPrivate, value, FutexWaiter.ANY);
      case WAKE_BITSET -> wake(word, isPrivate, value, third);
      case REQUEUE -> requeue(word, second, isPrivate, value, (int) fourth);
      case CMP_REQUEUE -> {
        checkCounts(value, (int) fourth);
        keys.of(word, isPrivate, false);
        keys.of(second, isPrivate, false);
        yield memory.readWord(word) != third
            ? -Errno.EAGAIN
            : requeue(word, second, isPrivate, value, (int) fourth);
      }
      case CMP_REQUEUE_PI -> {
        checkCounts(value, (int) fourth);
        yield locks.requeue(word, second, isPrivate, value, (int) fourth, third);
      }
      case WAKE_OP -> wakeAfterOperation(word, second, isPrivate, value, (int) fourth, third);
      case LOCK_PI, LOCK_PI2 -> locks.lock(word, isPrivate, until);
      case TRYLOCK_PI -> locks.tryLock(word, isPrivate);
      case UNLOCK_PI -> locks.unlock(word, isPrivate);
      case WAIT_REQUEUE_PI -> awaitRequeue(word, second, isPrivate, value, until);
      default -> -Errno.ENOSYS;
    };
  }

  private static boolean takesTimeout(int command) {
    return switch (command) {
      case WAIT, WAIT_BITSET, LOCK_PI, LOCK_PI2, WAIT_REQUEUE_PI -> true;
      default -> false;
    };
  }

  /** WAIT has a duration. All others have a point in time, and LOCK_PI always in real time. */
  private Deadline deadline(int command, boolean isReal, long nanos) {
    if (command == WAIT) {
      return waiting.deadlineAfter(nanos);
    }
    boolean real = isReal || command == LOCK_PI;
    return waiting.deadlineAt(
        Deadline.at(real ? Deadline.Clock.REAL : Deadline.Clock.MONOTONIC, nanos));
  }

  private static void checkCounts(int wakes, int moves) {
    if (wakes < 0 || moves < 0) {
      throw new FileException(Errno.EINVAL);
    }
  }

  private long await(long word, boolean isPrivate, int value, Deadline until, int bits) {
    if (bits == 0) {
      return -Errno.EINVAL;
    }
    if (!task.isQueued()) {
      FutexKey key = keys.of(word, isPrivate, false);
      if (memory.readWord(word) != value) {
        return -Errno.EAGAIN;
      }
      task.add(FutexWaiter.of(task, key, word, isPrivate, bits));
    }
    // With a timeout, Linux goes on with the remaining time unless a handler has run.
    return task.await(WAITS, until, until.isNever() ? Restart.IF_HANDLER_ASKS : Restart.NEVER);
  }

  private long wake(long word, boolean isPrivate, int most, int bits) {
    if (bits == 0) {
      return -Errno.EINVAL;
    }
    return queue.wake(keys.of(word, isPrivate, false), most, bits);
  }

  private long requeue(long word, long second, boolean isPrivate, int wakes, int moves) {
    checkCounts(wakes, moves);
    FutexKey from = keys.of(word, isPrivate, false);
    FutexKey to = keys.of(second, isPrivate, false);
    List<FutexWaiter> woken = new ArrayList<>(1);
    long done = 0;
    for (FutexWaiter waiter : queue.first(from, (long) wakes + moves)) {
      queue.checkpoint().pass();
      if (waiter.kind() != FutexWaiter.Kind.WAKE) {
        done = -Errno.EINVAL;
        break;
      }
      if (++done <= wakes) {
        queue.remove(waiter);
        woken.add(waiter);
      } else if (!from.equals(to)) {
        queue.move(waiter, to, second, isPrivate);
      }
    }
    queue.end(woken); // last, since a task that is woken here may have been moved, too
    return done;
  }

  private long wakeAfterOperation(
      long word, long second, boolean isPrivate, int most, int mostOfSecond, int encoded) {
    FutexKey first = keys.of(word, isPrivate, false);
    FutexKey other = keys.of(second, isPrivate, true);
    boolean alsoOther = operation.run(second, encoded);
    List<FutexWaiter> woken = new ArrayList<>(1);
    long result = queue.take(first, most, FutexWaiter.ANY, woken);
    if (result >= 0 && alsoOther) {
      long more = queue.take(other, mostOfSecond, FutexWaiter.ANY, woken);
      result = more < 0 ? more : result + more;
    }
    queue.end(woken);
    return result;
  }

  private long awaitRequeue(long word, long second, boolean isPrivate, int value, Deadline until) {
    if (word == second) {
      return -Errno.EINVAL;
    }
    if (!task.isQueued()) {
      FutexKey target = keys.of(second, isPrivate, true);
      FutexKey key = keys.of(word, isPrivate, false);
      if (memory.readWord(word) != value) {
        return -Errno.EAGAIN;
      }
      if (key.equals(target)) {
        return -Errno.EINVAL;
      }
      task.add(new FutexWaiter(task, key, word, isPrivate, FutexWaiter.ANY, 0, target, second));
    }
    return task.await(WAITS, until, Restart.ALWAYS);
  }
}
