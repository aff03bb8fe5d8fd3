package io.hyperlight.internal.linux.proc;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.base.TaskIdentity;
import io.hyperlight.internal.linux.time.Times;
import io.hyperlight.internal.os.Errno;

/**
 * System calls on scheduling: {@code sched(7)}, {@code getpriority(2)}, {@code ioprio_set(2)}. The
 * process has the processor for itself. Settings that an ordinary process may ask for are kept, and
 * have no effect.
 */
public final class SchedulingCalls {
  private static final int OTHER = 0;
  private static final int FIFO = 1;
  private static final int RR = 2;
  private static final int BATCH = 3;
  private static final int IDLE = 5;
  private static final int DEADLINE = 6;
  private static final int RESET_ON_FORK = 0x4000_0000;
  private static final int MAX_REAL_TIME = 99;

  /** The length of a time slice in nanoseconds: 4 ms. The process is never preempted. */
  private static final long TURN_NANOS = 4_000_000;

  private static final int ATTRIBUTES_FIRST_SIZE = 48;
  private static final int ATTRIBUTES_SIZE = 56;
  private static final int PAGE_SIZE = 4096;

  /** The size of a set of processors in bytes, with room for more than the one there is. */
  private static final int SET_BYTES = Long.BYTES;

  private static final int PRIO_PROCESS = 0;
  private static final int PRIO_GROUP = 1;
  private static final int PRIO_USER = 2;

  private static final int IO_CLASS_SHIFT = 13;
  private static final int IO_REAL_TIME = 1;
  private static final int IO_BEST_EFFORT = 2;
  private static final int IO_IDLE = 3;

  private final Scheduling scheduling;
  private final TaskIdentity identity;
  private final GuestMemory memory;

  public SchedulingCalls(Scheduling scheduling, TaskIdentity identity, GuestMemory memory) {
    this.scheduling = scheduling;
    this.identity = identity;
    this.memory = memory;
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

  private long check(int process) {
    return process < 0 ? -Errno.EINVAL : Math.min(0, identity.own(process));
  }

  public long schedGetscheduler(int process) {
    long error = check(process);
    return error < 0 ? error : scheduling.policy();
  }

  public long schedGetparam(int process, long target) {
    long error = target == 0 ? -Errno.EINVAL : check(process);
    if (error == 0) {
      memory.writeInt(target, 0);
    }
    return error;
  }

  public long schedSetparam(int process, long source) {
    return setPolicy(process, false, 0, source);
  }

  public long schedSetscheduler(int process, int policy, long source) {
    return setPolicy(process, true, policy, source);
  }

  /** Sets priority and policy. Keeps the present policy unless {@code changes} is set. */
  private long setPolicy(int process, boolean changes, int policy, long source) {
    if ((changes && policy < 0) || source == 0 || process < 0) {
      return -Errno.EINVAL;
    }
    int priority = memory.readInt(source);
    if (identity.own(process) < 0) {
      return -Errno.ESRCH;
    }
    int wanted = changes ? policy : scheduling.policy();
    int kind = wanted & ~RESET_ON_FORK;
    boolean realTime = kind == FIFO || kind == RR;
    if (bound(kind, 0) < 0
        || kind == DEADLINE
        || priority < 0
        || priority > MAX_REAL_TIME
        || realTime != (priority != 0)) {
      return -Errno.EINVAL;
    }
    boolean wasIdle = (scheduling.policy() & ~RESET_ON_FORK) == IDLE;
    boolean wasReset = (scheduling.policy() & RESET_ON_FORK) != 0;
    if (realTime || (wasIdle && kind != IDLE) || (wasReset && (wanted & RESET_ON_FORK) == 0)) {
      return -Errno.EPERM;
    }
    scheduling.setPolicy(wanted);
    return 0;
  }

  public long schedRrGetInterval(int process, long target) {
    long error = check(process);
    if (error == 0) {
      memory.write(target, Times.pair(0, TURN_NANOS));
    }
    return error;
  }

  public long schedGetattr(int process, long target, int size, int flags) {
    if (target == 0
        || process < 0
        || size < ATTRIBUTES_FIRST_SIZE
        || size > PAGE_SIZE
        || flags != 0) {
      return -Errno.EINVAL;
    }
    if (identity.own(process) < 0) {
      return -Errno.ESRCH;
    }
    int told = Math.min(size, ATTRIBUTES_SIZE);
    memory.write(
        target,
        GuestMemory.struct(told)
            .putInt(0, told)
            .putInt(4, scheduling.policy() & ~RESET_ON_FORK)
            .putLong(8, (scheduling.policy() & RESET_ON_FORK) != 0 ? 1 : 0)
            .putInt(16, scheduling.nice()));
    return 0;
  }

  public long schedGetaffinity(int process, int size, long target) {
    if (size < SET_BYTES || (size & 7) != 0) {
      return -Errno.EINVAL;
    }
    if (identity.own(process) < 0) {
      return -Errno.ESRCH;
    }
    memory.writeLong(target, 1); // the first processor
    return SET_BYTES;
  }

  public long schedSetaffinity(int process, int size, long source) {
    int length = Integer.compareUnsigned(size, SET_BYTES) < 0 ? size : SET_BYTES;
    byte[] set = memory.read(source, length);
    if (identity.own(process) < 0) {
      return -Errno.ESRCH;
    }
    return set.length > 0 && (set[0] & 1) != 0 ? 0 : -Errno.EINVAL;
  }

  /**
   * Returns 0 if the process may ask for the priorities of these processes, or a negated error
   * number.
   */
  private long checkWho(int which, int who) {
    return switch (which) {
      case PRIO_PROCESS, PRIO_GROUP -> Math.min(0, identity.own(who));
      case PRIO_USER -> who == 0 || who == TaskIdentity.NOBODY ? 0 : -Errno.ESRCH;
      default -> -Errno.EINVAL;
    };
  }

  public long getpriority(int which, int who) {
    long error = checkWho(which, who);
    return error < 0 ? error : 20 - scheduling.nice();
  }

  public long setpriority(int which, int who, int wanted) {
    long error = checkWho(which, who);
    if (error < 0) {
      return error;
    }
    int nice = Math.clamp(wanted, -20, 19);
    if (nice < scheduling.nice()) {
      return -Errno.EACCES;
    }
    scheduling.setNice(nice);
    return 0;
  }

  public long ioprioGet(int which, int who) {
    long error = checkWho(which - 1, who);
    return error < 0 ? error : scheduling.io();
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
    long error = checkWho(which - 1, who);
    if (error == 0) {
      scheduling.setIo(wanted);
    }
    return error;
  }
}
