package io.hyperlight.internal.linux.proc;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.futex.RobustList;
import io.hyperlight.internal.os.Errno;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Robust lists, and barriers between the threads of a process. */
public final class ThreadCalls {
  // Commands of membarrier(2).
  private static final int BARRIERS = 0x7f;
  private static final int BARRIERS_REGISTERED = 0x28;
  private static final int BARRIER_REGISTRATIONS = 0x50;

  private final IntFunction<@Nullable RobustList> lists;
  private final ProcessAttributes attributes;
  private final GuestMemory memory;

  /**
   * Creates the calls of a task.
   *
   * @param lists finds the list of a thread by its number, and of the caller by 0
   */
  public ThreadCalls(
      IntFunction<@Nullable RobustList> lists, ProcessAttributes attributes, GuestMemory memory) {
    this.lists = lists;
    this.attributes = attributes;
    this.memory = memory;
  }

  public long setRobustList(long head, long size) {
    if (size != RobustList.HEAD_BYTES) {
      return -Errno.EINVAL;
    }
    RobustList own = lists.apply(0);
    if (own != null) {
      own.set(head);
    }
    return 0;
  }

  public long getRobustList(int thread, long head, long size) {
    RobustList robustList = lists.apply(thread);
    if (robustList == null) {
      return -Errno.ESRCH;
    }
    memory.writeLong(size, RobustList.HEAD_BYTES);
    memory.writeLong(head, robustList.head());
    return 0;
  }

  /**
   * Answers {@code membarrier(2)}. All threads run on one processor, so that none has an old view
   * of memory.
   */
  public long membarrier(int command, int flags) {
    if (flags != 0 || (command != 0 && Integer.bitCount(command) != 1) || command < 0) {
      return -Errno.EINVAL;
    }
    if ((command & ~BARRIERS) != 0) {
      return -Errno.EINVAL;
    }
    if ((command & BARRIERS_REGISTERED) != 0) {
      return (attributes.barriers() & command) != 0 ? 0 : -Errno.EPERM;
    }
    if ((command & BARRIER_REGISTRATIONS) != 0) {
      // The bit of each registration follows the bit of its command.
      attributes.registerBarriers(command >> 1);
    }
    return command == 0 ? BARRIERS : 0;
  }
}
