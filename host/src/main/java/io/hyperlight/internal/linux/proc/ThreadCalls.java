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
  private final Runnable barrier;

  /**
   * Creates the calls of a task.
   *
   * @param lists finds the list of a thread by its number, and of the caller by 0
   * @param barrier makes threads on other processors pass a memory barrier
   */
  public ThreadCalls(
      IntFunction<@Nullable RobustList> lists,
      ProcessAttributes attributes,
      Runnable barrier,
      GuestMemory memory) {
    this.barrier = barrier;
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
   * Answers {@code membarrier(2)}. Threads on the same processor have no old view of memory. Those
   * on others leave their code, which is a barrier.
   */
  public long membarrier(int command, int flags) {
    if (flags != 0 || (command != 0 && Integer.bitCount(command) != 1) || command < 0) {
      return -Errno.EINVAL;
    }
    if ((command & ~BARRIERS) != 0) {
      return -Errno.EINVAL;
    }
    if ((command & BARRIERS_REGISTERED) != 0) {
      if ((attributes.barriers() & command) == 0) {
        return -Errno.EPERM;
      }
      barrier.run();
      return 0;
    }
    if ((command & BARRIER_REGISTRATIONS) != 0) {
      // The bit of each registration follows the bit of its command.
      attributes.registerBarriers(command >> 1);
    }
    if (command != 0) {
      barrier.run();
    }
    return command == 0 ? BARRIERS : 0;
  }
}
