package io.hyperlight.internal.linux;

import io.hyperlight.internal.os.Errno;

/**
 * Scheduling of a process that has the processor for itself: {@code sched(7)}, {@code
 * getpriority(2)}, {@code ioprio_set(2)}. What an ordinary process may ask for is kept, and nothing
 * comes of it.
 */
final class SchedulingCalls {
  private static final int OTHER = 0;
  private static final int FIFO = 1;
  private static final int RR = 2;
  private static final int BATCH = 3;
  private static final int IDLE = 5;
  private static final int DEADLINE = 6;
  private static final int RESET_ON_FORK = 0x4000_0000;
  private static final int REAL_TIME_MOST = 99;

  /** How long a turn is, of which there is no end: 4 ms. */
  private static final long TURN_NANOS = 4_000_000;

  private static final int ATTRIBUTES_FIRST_SIZE = 48;
  private static final int ATTRIBUTES_SIZE = 56;
  private static final int PAGE_SIZE = 4096;

  /** Some processors more than there are. */
  private static final int SET_BYTES = Long.BYTES;

  private static final int PRIO_PROCESS = 0;
  private static final int PRIO_GROUP = 1;
  private static final int PRIO_USER = 2;

  private static final int IO_CLASS_SHIFT = 13;
  private static final int IO_REAL_TIME = 1;
  private static final int IO_BEST_EFFORT = 2;
  private static final int IO_IDLE = 3;

  private final SystemCalls guest;
  private ProcessState.Scheduling now = ProcessState.Scheduling.INITIAL;

  SchedulingCalls(SystemCalls guest) {
    this.guest = guest;
  }

  static void register(SystemCallTable table) {
    table.on(140, (guest, a, b, c, d, e, f) -> of(guest).getPriority((int) a, (int) b));
    table.on(141, (guest, a, b, c, d, e, f) -> of(guest).setPriority((int) a, (int) b, (int) c));
    table.on(142, (guest, a, b, c, d, e, f) -> of(guest).setPolicy((int) a, false, 0, b));
    table.on(143, (guest, a, b, c, d, e, f) -> of(guest).parameters((int) a, b));
    table.on(144, (guest, a, b, c, d, e, f) -> of(guest).setPolicy((int) a, true, (int) b, c));
    table.on(145, (guest, a, b, c, d, e, f) -> of(guest).policy((int) a));
    table.on(146, (guest, a, b, c, d, e, f) -> bound((int) a, REAL_TIME_MOST));
    table.on(147, (guest, a, b, c, d, e, f) -> bound((int) a, 1));
    table.on(148, (guest, a, b, c, d, e, f) -> of(guest).turn((int) a, b));
    table.on(203, (guest, a, b, c, d, e, f) -> of(guest).setProcessors((int) a, (int) b, c));
    table.on(204, (guest, a, b, c, d, e, f) -> of(guest).processors((int) a, (int) b, c));
    table.on(251, (guest, a, b, c, d, e, f) -> of(guest).setIo((int) a, (int) b, (int) c));
    table.on(252, (guest, a, b, c, d, e, f) -> of(guest).io((int) a, (int) b));
    table.on(315, (guest, a, b, c, d, e, f) -> of(guest).attributes((int) a, b, (int) c, (int) d));
  }

  private static SchedulingCalls of(SystemCalls guest) {
    return guest.process().scheduling();
  }

  ProcessState.Scheduling state() {
    return now;
  }

  void restore(ProcessState.Scheduling earlier) {
    now = earlier;
  }

  int nice() {
    return now.nice();
  }

  /** Of the policies; no process can be used for another one. */
  private static long bound(int policy, int ofRealTime) {
    return switch (policy) {
      case FIFO, RR -> ofRealTime;
      case OTHER, BATCH, IDLE, DEADLINE -> 0;
      default -> -Errno.EINVAL;
    };
  }

  private static long check(int process) {
    return process < 0 ? -Errno.EINVAL : Math.min(0, ProcessCalls.own(process));
  }

  private long policy(int process) {
    long error = check(process);
    return error < 0 ? error : now.policy();
  }

  private long parameters(int process, long target) {
    long error = target == 0 ? -Errno.EINVAL : check(process);
    if (error == 0) {
      guest.mem().writeInt(target, 0);
    }
    return error;
  }

  /** With the present policy, if it is not to be changed. */
  private long setPolicy(int process, boolean changes, int policy, long source) {
    if ((changes && policy < 0) || source == 0 || process < 0) {
      return -Errno.EINVAL;
    }
    int priority = guest.mem().readInt(source);
    if (ProcessCalls.own(process) < 0) {
      return -Errno.ESRCH;
    }
    int wanted = changes ? policy : now.policy();
    int kind = wanted & ~RESET_ON_FORK;
    boolean realTime = kind == FIFO || kind == RR;
    if (bound(kind, 0) < 0
        || kind == DEADLINE
        || priority < 0
        || priority > REAL_TIME_MOST
        || realTime != (priority != 0)) {
      return -Errno.EINVAL;
    }
    boolean wasIdle = (now.policy() & ~RESET_ON_FORK) == IDLE;
    boolean wasReset = (now.policy() & RESET_ON_FORK) != 0;
    if (realTime || (wasIdle && kind != IDLE) || (wasReset && (wanted & RESET_ON_FORK) == 0)) {
      return -Errno.EPERM;
    }
    now = new ProcessState.Scheduling(wanted, now.nice(), now.io());
    return 0;
  }

  private long turn(int process, long target) {
    long error = check(process);
    if (error == 0) {
      guest.mem().write(target, TimeCalls.pair(0, TURN_NANOS));
    }
    return error;
  }

  private long attributes(int process, long target, int size, int flags) {
    if (target == 0
        || process < 0
        || size < ATTRIBUTES_FIRST_SIZE
        || size > PAGE_SIZE
        || flags != 0) {
      return -Errno.EINVAL;
    }
    if (ProcessCalls.own(process) < 0) {
      return -Errno.ESRCH;
    }
    int told = Math.min(size, ATTRIBUTES_SIZE);
    guest
        .mem()
        .write(
            target,
            GuestMemory.struct(told)
                .putInt(0, told)
                .putInt(4, now.policy() & ~RESET_ON_FORK)
                .putLong(8, (now.policy() & RESET_ON_FORK) != 0 ? 1 : 0)
                .putInt(16, now.nice()));
    return 0;
  }

  private long processors(int process, int size, long target) {
    if (size < SET_BYTES || (size & 7) != 0) {
      return -Errno.EINVAL;
    }
    if (ProcessCalls.own(process) < 0) {
      return -Errno.ESRCH;
    }
    guest.mem().writeLong(target, 1); // the first processor
    return SET_BYTES;
  }

  private long setProcessors(int process, int size, long source) {
    int length = Integer.compareUnsigned(size, SET_BYTES) < 0 ? size : SET_BYTES;
    byte[] set = guest.mem().read(source, length);
    if (ProcessCalls.own(process) < 0) {
      return -Errno.ESRCH;
    }
    return set.length > 0 && (set[0] & 1) != 0 ? 0 : -Errno.EINVAL;
  }

  /** Whether priorities of these are the process's own; else an error. */
  private static long checkWho(int which, int who) {
    return switch (which) {
      case PRIO_PROCESS, PRIO_GROUP -> Math.min(0, ProcessCalls.own(who));
      case PRIO_USER -> who == 0 || who == ProcessCalls.USER ? 0 : -Errno.ESRCH;
      default -> -Errno.EINVAL;
    };
  }

  private long getPriority(int which, int who) {
    long error = checkWho(which, who);
    return error < 0 ? error : 20 - now.nice();
  }

  private long setPriority(int which, int who, int wanted) {
    long error = checkWho(which, who);
    if (error < 0) {
      return error;
    }
    int nice = Math.clamp(wanted, -20, 19);
    if (nice < now.nice()) {
      return -Errno.EACCES;
    }
    now = new ProcessState.Scheduling(now.policy(), nice, now.io());
    return 0;
  }

  private long io(int which, int who) {
    long error = checkWho(which - 1, who);
    return error < 0 ? error : now.io();
  }

  private long setIo(int which, int who, int wanted) {
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
      now = new ProcessState.Scheduling(now.policy(), now.nice(), wanted);
    }
    return error;
  }
}
