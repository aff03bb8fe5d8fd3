package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.base.TaskIdentity;
import io.hyperlight.internal.linux.limits.HeapBudget;
import io.hyperlight.internal.linux.signal.SendCalls;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;

/** System calls on descriptors of processes: {@code pidfd_open(2)} and its relatives. */
public final class ProcessFileCalls {
  private static final int PIDFD_THREAD = OpenFlags.O_EXCL;
  private static final int SIGNAL_THREAD = 1;
  private static final int SIGNAL_KINDS = 7;

  private final ProcessFiles files;
  private final SendCalls sends;
  private final HeapBudget heap;
  private final TaskIdentity identity;

  /** Creates the calls of a task. */
  public ProcessFileCalls(
      ProcessFiles files, SendCalls sends, HeapBudget heap, TaskIdentity identity) {
    this.files = files;
    this.sends = sends;
    this.heap = heap;
    this.identity = identity;
  }

  /** Opens the process. Threads have no descriptors here. */
  public long pidfdOpen(int process, int flags) {
    if ((flags & ~(OpenFlags.O_NONBLOCK | PIDFD_THREAD)) != 0 || process <= 0) {
      return -Errno.EINVAL;
    }
    if (process != identity.process()) {
      return -Errno.ESRCH;
    }
    files.descriptors().requireRoom(1);
    heap.require(HeapBudget.FILE);
    ProcessFile file = new ProcessFile(files.world().changes(), OpenFlags.O_RDWR | flags);
    return files.descriptors().add(file, 0, true);
  }

  private void requireProcess(int descriptor) {
    if (!(files.descriptors().get(descriptor) instanceof ProcessFile)) {
      throw new FileException(Errno.EBADF);
    }
  }

  public long pidfdSendSignal(int descriptor, int signal, long info, int flags) {
    if ((flags & ~SIGNAL_KINDS) != 0 || Integer.bitCount(flags) > 1) {
      return -Errno.EINVAL;
    }
    requireProcess(descriptor);
    int process = identity.process();
    boolean toThread = flags == SIGNAL_THREAD;
    if (info == 0) {
      return toThread ? sends.tgkill(process, process, signal) : sends.kill(process, signal);
    }
    return sends.pidfdSend(process, signal, info, toThread);
  }

  public long pidfdGetfd(int descriptor, int wanted, int flags) {
    if (flags != 0) {
      return -Errno.EINVAL;
    }
    requireProcess(descriptor);
    OpenFile file = files.descriptors().any(wanted);
    return files.descriptors().add(file, 0, true);
  }
}
