package io.hyperlight.internal.linux.futex;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.limits.HeapBudget;
import io.hyperlight.internal.linux.time.Times;
import io.hyperlight.internal.linux.wait.Deadline;
import io.hyperlight.internal.linux.wait.Restart;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** {@code futex_waitv(2)}: waiting for one of several futexes. */
public final class FutexVectorCalls {
  private static final int MOST = 128;
  private static final int ENTRY_BYTES = 24;

  /** The only size of a futex: {@code FUTEX_32}. */
  private static final int SIZE_32 = 2;

  private static final int CLOCK_REALTIME = 0;
  private static final int CLOCK_MONOTONIC = 1;

  private final FutexTask task;
  private final GuestMemory memory;
  private final HeapBudget heap;

  public FutexVectorCalls(FutexTask task, GuestMemory memory, HeapBudget heap) {
    this.task = task;
    this.memory = memory;
    this.heap = heap;
  }

  public long futexWaitv(long list, int count, int flags, long timeout, int clock) {
    OptionalLong over = task.takeResult();
    if (over.isPresent()) {
      return over.getAsLong();
    }
    if (flags != 0 || count < 1 || count > MOST || list == 0) {
      return -Errno.EINVAL;
    }
    Deadline until = task.waiting().deadline();
    if (timeout != 0 && !task.waiting().hasDeadline()) {
      if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC) {
        return -Errno.EINVAL;
      }
      long nanos = Times.readNanos(memory, timeout);
      if (nanos < 0) {
        return -Errno.EINVAL;
      }
      Deadline.Clock by = clock == CLOCK_REALTIME ? Deadline.Clock.REAL : Deadline.Clock.MONOTONIC;
      until = task.waiting().deadlineAt(Deadline.at(by, nanos));
    }
    if (!task.isQueued()) {
      List<FutexWaiter> waiters = read(list, count);
      heap.require(count * FutexQueue.WAITER_BYTES);
      waiters.forEach(task::add);
    }
    return task.await(FutexCalls.WAITS, until, Restart.IF_HANDLER_ASKS);
  }

  /** Reads all entries, then finds all futexes, then compares all values, as Linux does. */
  private List<FutexWaiter> read(long list, int count) {
    long[] addresses = new long[count];
    int[] values = new int[count];
    boolean[] isPrivate = new boolean[count];
    for (int i = 0; i < count; i++) {
      ByteBuffer entry = memory.readStruct(list + (long) i * ENTRY_BYTES, ENTRY_BYTES);
      values[i] = (int) entry.getLong();
      addresses[i] = entry.getLong();
      int flags = entry.getInt();
      int reserved = entry.getInt();
      if ((flags & ~FutexCalls.PRIVATE_FLAG) != SIZE_32 || reserved != 0) {
        throw new FileException(Errno.EINVAL);
      }
      isPrivate[i] = (flags & FutexCalls.PRIVATE_FLAG) != 0;
    }
    List<FutexWaiter> waiters = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      FutexKey key = task.keys().of(addresses[i], isPrivate[i], false);
      waiters.add(
          new FutexWaiter(
              task,
              key,
              addresses[i],
              isPrivate[i],
              FutexWaiter.ANY,
              i,
              null,
              FutexWaiter.NOWHERE));
    }
    // A word that is listed twice is still read once: it may change in between.
    Map<Long, Integer> words = HashMap.newHashMap(count);
    for (int i = 0; i < count; i++) {
      if (words.computeIfAbsent(addresses[i], memory::readWord) != values[i]) {
        throw new FileException(Errno.EAGAIN);
      }
    }
    return waiters;
  }
}
