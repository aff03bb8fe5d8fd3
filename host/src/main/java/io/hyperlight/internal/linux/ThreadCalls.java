package io.hyperlight.internal.linux;

import io.hyperlight.internal.os.Errno;

/** Threads and other processes, of which there are none: making and waiting for them. */
final class ThreadCalls {
  private static final long CLONE_VM = 0x100;

  private static final int ROBUST_LIST_HEAD = 24;

  // Commands of membarrier(2).
  private static final int BARRIERS = 0x7f;
  private static final int BARRIERS_REGISTERED = 0x28;
  private static final int BARRIER_REGISTRATIONS = 0x50;

  private ThreadCalls() {}

  static void register(SystemCallTable table) {
    table.on(56, (guest, a, b, c, d, e, f) -> cloneProcess(guest, a));
    table.refuse(57, Errno.EPERM, Need.PROCESSES); // fork
    table.refuse(58, Errno.EPERM, Need.PROCESSES); // vfork
    table.refuse(59, Errno.EPERM, Need.PROCESSES); // execve
    table.refuse(322, Errno.EPERM, Need.PROCESSES); // execveat
    // clone3: as an older kernel, so that libcs try clone.
    table.refuse(435, Errno.ENOSYS);
    table.on(273, (guest, a, b, c, d, e, f) -> setRobustList(guest, a, b));
    table.on(274, (guest, a, b, c, d, e, f) -> robustList(guest, (int) a, b, c));
    table.on(324, (guest, a, b, c, d, e, f) -> barrier(guest, (int) a, (int) b));
    table.on(61, (guest, a, b, c, d, e, f) -> -Errno.ECHILD); // wait4
    table.on(247, (guest, a, b, c, d, e, f) -> -Errno.ECHILD); // waitid
  }

  private static long setRobustList(SystemCalls guest, long head, long size) {
    if (size != ROBUST_LIST_HEAD) {
      return -Errno.EINVAL;
    }
    guest
        .process()
        .setThread(new ProcessState.ThreadState(head, guest.process().thread().barriers()));
    return 0;
  }

  private static long robustList(SystemCalls guest, int process, long head, long size) {
    if (ProcessCalls.own(process) < 0) {
      return -Errno.ESRCH;
    }
    guest.mem().writeLong(size, ROBUST_LIST_HEAD);
    guest.mem().writeLong(head, guest.process().thread().robustList());
    return 0;
  }

  /** There is no other thread whose memory could lag behind. */
  private static long barrier(SystemCalls guest, int command, int flags) {
    if (flags != 0 || (command != 0 && Integer.bitCount(command) != 1) || command < 0) {
      return -Errno.EINVAL;
    }
    if ((command & ~BARRIERS) != 0) {
      return -Errno.EINVAL;
    }
    ProcessState.ThreadState before = guest.process().thread();
    if ((command & BARRIERS_REGISTERED) != 0) {
      return (before.barriers() & command) != 0 ? 0 : -Errno.EPERM;
    }
    if ((command & BARRIER_REGISTRATIONS) != 0) {
      // Each registration is the command behind the one that it is for.
      guest
          .process()
          .setThread(
              new ProcessState.ThreadState(before.robustList(), before.barriers() | command >> 1));
    }
    return command == 0 ? BARRIERS : 0;
  }

  private static long cloneProcess(SystemCalls guest, long flags) {
    guest.refused(56);
    guest.needs((flags & CLONE_VM) != 0 ? Need.THREADS : Need.PROCESSES, 56);
    return -Errno.EPERM;
  }
}
