package io.hyperlight.internal.linux.proc;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.base.TaskIdentity;
import io.hyperlight.internal.linux.time.Times;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * System calls on scheduling: {@code sched(7)}, {@code getpriority(2)}, {@code ioprio_set(2)}. Each
 * thread has settings of its own. Those that an ordinary process may ask for are kept, and have no
 * effect.
 */
public final class SchedulingCalls {
  private static final int OTHER = 0;
  private static final int FIFO = 1;
  private static final int RR = 2;
  private static final int BATCH = 3;
  private static final int IDLE = 5;
  private static final int DEADLINE = 6;
  private static final int MAX_REAL_TIME = 99;

  /** The length of a time slice in nanoseconds: 4 ms. */
  private static final long TURN_NANOS = 4_000_000;

  private static final int ATTRIBUTES_FIRST_SIZE = 48;
  private static final int ATTRIBUTES_SIZE = 56;
  private static final int PAGE_SIZE = 4096;

  /** The size of a set of processors in bytes, with room for more than there are. */
  private static final int SET_BYTES = Long.BYTES;

  private static final int PRIO_PROCESS = 0;
  private static final int PRIO_GROUP = 1;
  private static final int PRIO_USER = 2;

  private static final int IO_CLASS_SHIFT = 13;
  private static final int IO_REAL_TIME = 1;
  private static final int IO_BEST_EFFORT = 2;
  private static final int IO_IDLE = 3;

  private final IntFunction<@Nullable Scheduling> threads;
  private final TaskIdentity identity;
  private final GuestMemory memory;

  /** A bit for each processor. */
  private final long processors;

  /**
   * Creates the calls of a task.
   *
   * @param threads finds the scheduling of a thread by its number, and of the caller by 0
   * @param processors how many there are
   */
  public SchedulingCalls(
      IntFunction<@Nullable Scheduling> threads,
      TaskIdentity identity,
      GuestMemory memory,
      int processors) {
    this.processors = (1L << processors) - 1;
    this.threads = threads;
    this.identity = identity;
    this.memory = memory;
  }

  /**
   * Returns the scheduling of a thread.
   *
   * @throws FileException ESRCH if there is none, EINVAL for a negative number
   */
  private Scheduling of(int thread) {
    if (thread < 0) {
      throw new FileException(Errno.EINVAL);
    }
    Scheduling found = threads.apply(thread);
    if (found == null) {
      throw new FileException(Errno.ESRCH);
    }
    return found;
  }

  public long schedGetPriorityMax(int policy) {
    return bound(policy, MAX_REAL_TIME);
  }

  public long schedGetPriorityMin(int policy) {
    return bound(policy, 1);
  }

  /**
   * Returns a policy's bound for priorities, or a negated error number. It is the same for every
   * process.
   */
  private static long bound(int policy, int ofRealTime) {
    return switch (policy) {
      case FIFO, RR -> ofRealTime;
      case OTHER, BATCH, IDLE, DEADLINE -> 0;
      default -> -Errno.EINVAL;
    };
  }

  public long schedGetscheduler(int thread) {
    return of(thread).policy();
  }

  public long schedGetparam(int thread, long target) {
    if (target == 0) {
      return -Errno.EINVAL;
    }
    of(thread);
    memory.writeInt(target, 0);
    return 0;
  }

  public long schedSetparam(int thread, long source) {
    return setPolicy(thread, false, 0, source);
  }

  public long schedSetscheduler(int thread, int policy, long source) {
    return setPolicy(thread, true, policy, source);
  }

  /** Sets priority and policy. Keeps the present policy unless {@code changes} is set. */
  private long setPolicy(int thread, boolean changes, int policy, long source) {
    if ((changes && policy < 0) || source == 0 || thread < 0) {
      return -Errno.EINVAL;
    }
    int priority = memory.readInt(source);
    Scheduling scheduling = of(thread);
    int wanted = changes ? policy : scheduling.policy();
    int kind = wanted & ~Scheduling.RESET_ON_FORK;
    boolean realTime = kind == FIFO || kind == RR;
    if (bound(kind, 0) < 0
        || kind == DEADLINE
        || priority < 0
        || priority > MAX_REAL_TIME
        || realTime != (priority != 0)) {
      return -Errno.EINVAL;
    }
    boolean wasIdle = (scheduling.policy() & ~Scheduling.RESET_ON_FORK) == IDLE;
    boolean wasReset = (scheduling.policy() & Scheduling.RESET_ON_FORK) != 0;
    if (realTime
        || (wasIdle && kind != IDLE)
        || (wasReset && (wanted & Scheduling.RESET_ON_FORK) == 0)) {
      return -Errno.EPERM;
    }
    scheduling.setPolicy(wanted);
    return 0;
  }

  public long schedRrGetInterval(int thread, long target) {
    of(thread);
    memory.write(target, Times.pair(0, TURN_NANOS));
    return 0;
  }

  public long schedGetattr(int thread, long target, int size, int flags) {
    if (target == 0
        || thread < 0
        || size < ATTRIBUTES_FIRST_SIZE
        || size > PAGE_SIZE
        || flags != 0) {
      return -Errno.EINVAL;
    }
    Scheduling scheduling = of(thread);
    int told = Math.min(size, ATTRIBUTES_SIZE);
    memory.write(
        target,
        GuestMemory.struct(told)
            .putInt(0, told)
            .putInt(4, scheduling.policy() & ~Scheduling.RESET_ON_FORK)
            .putLong(8, (scheduling.policy() & Scheduling.RESET_ON_FORK) != 0 ? 1 : 0)
            .putInt(16, scheduling.nice()));
    return 0;
  }

  public long schedGetaffinity(int thread, int size, long target) {
    if (size < SET_BYTES || (size & 7) != 0) {
      return -Errno.EINVAL;
    }
    memory.writeLong(target, affinity(thread).affinity(processors));
    return SET_BYTES;
  }

  public long schedSetaffinity(int thread, int size, long source) {
    int length = Integer.compareUnsigned(size, SET_BYTES) < 0 ? size : SET_BYTES;
    byte[] set = memory.read(source, length);
    Scheduling scheduling = affinity(thread);
    long wanted = 0;
    for (int i = 0; i < set.length; i++) {
      wanted |= (set[i] & 0xffL) << (Byte.SIZE * i);
    }
    long possible = wanted & processors;
    if (possible == 0) {
      return -Errno.EINVAL;
    }
    scheduling.setAffinity(possible == processors ? 0 : possible);
    return 0;
  }

  /** Checks that there is a thread. A negative number is not one. */
  private Scheduling affinity(int thread) {
    if (thread < 0) {
      throw new FileException(Errno.ESRCH);
    }
    return of(thread);
  }

  /**
   * Returns the scheduling of a thread, a group or a user. Each of the two has all threads of the
   * process, of which the caller stands for all.
   *
   * @throws FileException if there is none
   */
  private Scheduling of(int which, int who) {
    boolean isThere =
        switch (which) {
          case PRIO_PROCESS -> who >= 0;
          case PRIO_GROUP -> identity.own(who) >= 0;
          case PRIO_USER -> who == 0 || who == TaskIdentity.NOBODY;
          default -> throw new FileException(Errno.EINVAL);
        };
    if (!isThere) {
      throw new FileException(Errno.ESRCH);
    }
    return of(which == PRIO_PROCESS ? who : 0);
  }

  public long getpriority(int which, int who) {
    return 20L - of(which, who).nice();
  }

  public long setpriority(int which, int who, int wanted) {
    Scheduling scheduling = of(which, who);
    int nice = Math.clamp(wanted, -20, 19);
    if (nice < scheduling.nice()) {
      return -Errno.EACCES;
    }
    scheduling.setNice(nice);
    return 0;
  }

  public long ioprioGet(int which, int who) {
    return of(which - 1, who).io();
  }

  public long ioprioSet(int which, int who, int wanted) {
    int level = wanted & 7;
    switch (wanted >>> IO_CLASS_SHIFT) {
      case 0 -> {
        if (level != 0) {
          return -Errno.EINVAL;
        }
      }
      case IO_REAL_TIME -> {
        return -Errno.EPERM;
      }
      case IO_BEST_EFFORT, IO_IDLE -> {}
      default -> {
        return -Errno.EINVAL;
      }
    }
    of(which - 1, who).setIo(wanted);
    return 0;
  }
}
