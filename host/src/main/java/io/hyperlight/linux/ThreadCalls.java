package io.hyperlight.linux;

import io.hyperlight.os.Errno;

/** Threads and other processes, of which there are none: making and waiting for them. */
final class ThreadCalls {
  private static final int FUTEX_WAIT = 0;
  private static final int FUTEX_WAKE = 1;
  private static final int FUTEX_WAIT_BITSET = 9;
  private static final int FUTEX_WAKE_BITSET = 10;
  private static final int FUTEX_PRIVATE_FLAG = 128;
  private static final int FUTEX_CLOCK_REALTIME = 256;

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
    table.on(202, (guest, a, b, c, d, e, f) -> futex(guest, a, b, (int) c, d));
  }

  private static long cloneProcess(SystemCalls guest, long flags) {
    guest.refused(56);
    guest.needs((flags & CLONE_VM) != 0 ? Need.THREADS : Need.PROCESSES, 56);
    return -Errno.EPERM;
  }

  private static long futex(SystemCalls guest, long word, long operation, int value, long timeout) {
    int command = (int) operation & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
    boolean waits = command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET;
    if (!waits && command != FUTEX_WAKE && command != FUTEX_WAKE_BITSET) {
      return -Errno.ENOSYS;
    }
    if ((word & 3) != 0) {
      return -Errno.EINVAL;
    }
    int found = guest.mem().readInt(word);
    if (!waits) {
      return 0; // nobody waits
    }
    if (found != value) {
      return -Errno.EAGAIN;
    }
    if (timeout == 0) {
      return guest.stuck("waits for another thread, and there is none (futex)");
    }
    long nanos = guest.time().readNanos(timeout);
    if (nanos < 0) {
      return -Errno.EINVAL;
    }
    if (command == FUTEX_WAIT_BITSET) {
      nanos -= guest.time().now(((int) operation & FUTEX_CLOCK_REALTIME) != 0);
    }
    return guest.time().sleep(nanos) ? -Errno.ETIMEDOUT : -Errno.EINTR;
  }
}
