package io.hyperlight.internal.linux.proc;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.base.TaskIdentity;
import io.hyperlight.internal.linux.time.GuestClock;
import io.hyperlight.internal.linux.time.TaskWaits;
import io.hyperlight.internal.linux.time.Times;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.os.Errno;

/**
 * {@code futex(2)} for a program with one thread. There is no waiter to wake, and a wait without a
 * timeout lasts for ever. Locks with priority inheritance work, since no other thread contends for
 * them.
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

  private static final int PRIVATE_FLAG = 128;
  private static final int CLOCK_REALTIME = 256;

  private static final int OWNER = 0x3fff_ffff;
  private static final int OWNER_DIED = 0x4000_0000;
  private static final int WAITERS = 0x8000_0000;

  private final GuestMemory memory;
  private final AddressSpace space;
  private final GuestClock clock;
  private final TaskWaits waits;
  private final TaskIdentity identity;

  public FutexCalls(
      GuestMemory memory,
      AddressSpace space,
      GuestClock clock,
      TaskWaits waits,
      TaskIdentity identity) {
    this.memory = memory;
    this.space = space;
    this.clock = clock;
    this.waits = waits;
    this.identity = identity;
  }

  /**
   * Answers {@code futex(2)}.
   *
   * @param fourth a timeout's address, or a number
   */
  public long futex(long word, int flags, int value, long fourth, long second, int third) {
    return new Operation(word, flags, value, fourth, second, third).call();
  }

  private final class Operation {
    private final long word;
    private final int flags;
    private final int value;

    /** A timeout's address, or a number. */
    private final long fourth;

    private final long second;
    private final int third;

    Operation(long word, int flags, int value, long fourth, long second, int third) {
      this.word = word;
      this.flags = flags;
      this.value = value;
      this.fourth = fourth;
      this.second = second;
      this.third = third;
    }

    long call() {
      int command = flags & ~(PRIVATE_FLAG | CLOCK_REALTIME);
      long until = Long.MAX_VALUE;
      if (takesTimeout(command) && fourth != 0) {
        until = Times.readNanos(memory, fourth);
        if (until < 0) {
          return -Errno.EINVAL;
        }
        if (command == WAIT) { // WAIT has a duration; all others have a point in time
          long now = clock.now(false);
          until = until > Long.MAX_VALUE - now ? Long.MAX_VALUE : until + now;
        }
      }
      boolean real = (flags & CLOCK_REALTIME) != 0;
      if (real && command != WAIT_BITSET && command != WAIT_REQUEUE_PI && command != LOCK_PI2) {
        return -Errno.ENOSYS;
      }
      return switch (command) {
        case WAIT -> await(until, -1);
        case WAIT_BITSET -> await(until, third);
        case WAKE -> wake(-1);
        case WAKE_BITSET -> wake(third);
        case REQUEUE -> requeue(false, false);
        case CMP_REQUEUE -> requeue(true, false);
        case CMP_REQUEUE_PI -> requeue(true, true);
        case WAKE_OP -> wakeAfterOperation();
        case LOCK_PI, LOCK_PI2, TRYLOCK_PI -> lock();
        case UNLOCK_PI -> unlock();
        case WAIT_REQUEUE_PI -> awaitRequeue(until);
        default -> -Errno.ENOSYS;
      };
    }

    private boolean takesTimeout(int command) {
      return switch (command) {
        case WAIT, WAIT_BITSET, LOCK_PI, LOCK_PI2, WAIT_REQUEUE_PI -> true;
        default -> false;
      };
    }

    /** Checks the address of a futex word. Returns 0 or a negated error number. */
    private long check(long address) {
      if ((address & 3) != 0) {
        return -Errno.EINVAL;
      }
      if (address < 0 || address > AddressSpace.USER_END - Integer.BYTES) {
        return -Errno.EFAULT;
      }
      if ((flags & PRIVATE_FLAG) != 0) {
        return 0; // the address alone identifies a private futex
      }
      // A shared futex must be in a writable page. Linux cannot identify a private page otherwise.
      return space.isWritable(address, Integer.BYTES) ? 0 : -Errno.EFAULT;
    }

    private long wake(int bits) {
      return bits == 0 ? -Errno.EINVAL : check(word);
    }

    private long await(long until, int bits) {
      if (bits == 0) {
        return -Errno.EINVAL;
      }
      long error = check(word);
      if (error < 0) {
        return error;
      }
      if (memory.readInt(word) != value) {
        return -Errno.EAGAIN;
      }
      if (fourth == 0) {
        return waits.block("waits for another thread, and there is none (futex)");
      }
      long left = until - clock.now((flags & CLOCK_REALTIME) != 0);
      return waits.sleep(left) ? -Errno.ETIMEDOUT : -Errno.EINTR;
    }

    private long awaitRequeue(long until) {
      if (word == second) {
        return -Errno.EINVAL;
      }
      long error = check(second);
      return error < 0 ? error : await(until, -1);
    }

    private long requeue(boolean compares, boolean inheriting) {
      if (value < 0 || (int) fourth < 0) {
        return -Errno.EINVAL;
      }
      if (inheriting && (word == second || value != 1)) {
        return -Errno.EINVAL;
      }
      long error = check(word);
      if (error == 0) {
        error = check(second);
      }
      if (error < 0) {
        return error;
      }
      return compares && memory.readInt(word) != third ? -Errno.EAGAIN : 0;
    }

    /** The operation is encoded in the sixth argument: {@code FUTEX_OP} in {@code futex(2)}. */
    private long wakeAfterOperation() {
      long error = check(word);
      if (error == 0) {
        error = check(second);
      }
      if (error < 0) {
        return error;
      }
      int operand = third << 8 >> 20;
      if ((third & (8 << 28)) != 0) {
        operand = 1 << (operand & 31);
      }
      int operation = third >>> 28 & 7;
      if (operation > 4) {
        return -Errno.ENOSYS;
      }
      if (!space.isWritable(second, Integer.BYTES)) {
        return -Errno.EFAULT;
      }
      int old = memory.readInt(second);
      memory.writeInt(
          second,
          switch (operation) {
            case 0 -> operand;
            case 1 -> old + operand;
            case 2 -> old | operand;
            case 3 -> old & ~operand;
            default -> old ^ operand;
          });
      int comparison = third >>> 24 & 15;
      return comparison > 5 ? -Errno.ENOSYS : 0; // nothing waits, whatever the comparison says
    }

    private long lock() {
      long error = check(word);
      if (error < 0) {
        return error;
      }
      int found = memory.readInt(word);
      if ((found & OWNER) == identity.thread()) {
        return -Errno.EDEADLK;
      }
      if ((found & OWNER) != 0) {
        memory.writeInt(word, found | WAITERS);
        return -Errno.ESRCH; // the owner would be another thread
      }
      memory.writeInt(word, (found & OWNER_DIED) | identity.thread());
      return 0;
    }

    private long unlock() {
      if ((memory.readInt(word) & OWNER) != identity.thread()) {
        return -Errno.EPERM;
      }
      long error = check(word);
      if (error == 0) {
        memory.writeInt(word, 0);
      }
      return error;
    }
  }
}
