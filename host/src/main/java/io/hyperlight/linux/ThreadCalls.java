package io.hyperlight.linux;

import io.hyperlight.os.Errno;

/** Threads and other processes, of which there are none: making and waiting for them. */
final class ThreadCalls {
  private static final long CLONE_VM = 0x100;

  private ThreadCalls() {}

  static void register(SystemCallTable table) {
    table.on(56, (guest, a, b, c, d, e, f) -> cloneProcess(guest, a));
    table.refuse(57, Errno.EPERM, Need.PROCESSES); // fork
    table.refuse(58, Errno.EPERM, Need.PROCESSES); // vfork
    table.refuse(59, Errno.EPERM, Need.PROCESSES); // execve
    table.refuse(322, Errno.EPERM, Need.PROCESSES); // execveat
    // clone3: as an older kernel, so that libcs try clone.
    table.refuse(435, Errno.ENOSYS);
    table.on(61, (guest, a, b, c, d, e, f) -> -Errno.ECHILD); // wait4
    table.on(247, (guest, a, b, c, d, e, f) -> -Errno.ECHILD); // waitid
  }

  private static long cloneProcess(SystemCalls guest, long flags) {
    guest.refused(56);
    guest.needs((flags & CLONE_VM) != 0 ? Need.THREADS : Need.PROCESSES, 56);
    return -Errno.EPERM;
  }
}
