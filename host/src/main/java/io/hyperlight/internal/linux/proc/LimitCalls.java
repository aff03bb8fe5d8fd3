package io.hyperlight.internal.linux.proc;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.limits.ResourceLimits;
import io.hyperlight.internal.os.Errno;
import java.nio.ByteBuffer;
import java.util.function.IntPredicate;

/**
 * System calls on resource limits: {@code getrlimit(2)}, {@code setrlimit(2)}, {@code prlimit(2)}.
 * A program can lower its limits. They apply to descriptors, the size of files, addresses, data and
 * pending signals. The embedder's limits hold in any case. All other limits are kept and have no
 * effect.
 */
public final class LimitCalls {
  private static final int SIZE = 16;

  private final ResourceLimits limits;
  private final IntPredicate isThread;
  private final GuestMemory memory;

  /**
   * Creates the calls of a task.
   *
   * @param isThread answers whether a number is 0, or that of a thread of the process
   */
  public LimitCalls(ResourceLimits limits, IntPredicate isThread, GuestMemory memory) {
    this.limits = limits;
    this.isThread = isThread;
    this.memory = memory;
  }

  public long getrlimit(int resource, long target) {
    if (!ResourceLimits.exists(resource)) {
      return -Errno.EINVAL;
    }
    write(target, limits.of(resource));
    return 0;
  }

  private void write(long target, ResourceLimits.Limit limit) {
    memory.write(
        target, GuestMemory.struct(SIZE).putLong(limit.current()).putLong(limit.maximum()));
  }

  public long setrlimit(int resource, long source) {
    return set(resource, memory.readStruct(source, SIZE));
  }

  private long set(int resource, ByteBuffer struct) {
    ResourceLimits.Limit wanted = new ResourceLimits.Limit(struct.getLong(), struct.getLong());
    if (!ResourceLimits.exists(resource)
        || Long.compareUnsigned(wanted.current(), wanted.maximum()) > 0) {
      return -Errno.EINVAL;
    }
    ResourceLimits.Limit before = limits.of(resource);
    if (Long.compareUnsigned(wanted.maximum(), before.maximum()) > 0) {
      return -Errno.EPERM;
    }
    if (!wanted.equals(before)) {
      limits.set(resource, wanted);
    }
    return 0;
  }

  public long prlimit64(int process, int resource, long source, long target) {
    ByteBuffer wanted = source == 0 ? null : memory.readStruct(source, SIZE);
    if (!isThread.test(process)) {
      return -Errno.ESRCH;
    }
    if (!ResourceLimits.exists(resource)) {
      return -Errno.EINVAL;
    }
    ResourceLimits.Limit before = limits.of(resource);
    long result = wanted == null ? 0 : set(resource, wanted);
    if (result == 0 && target != 0) {
      write(target, before);
    }
    return result;
  }
}
