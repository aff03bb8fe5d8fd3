package io.hyperlight.internal.linux.proc;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.base.TaskIdentity;
import io.hyperlight.internal.linux.limits.ResourceLimits;
import io.hyperlight.internal.os.Errno;
import java.nio.ByteBuffer;

/**
 * System calls on resource limits: {@code getrlimit(2)}, {@code setrlimit(2)}, {@code prlimit(2)}.
 * A program can lower its limits. They apply to descriptors, the size of files, addresses, data and
 * pending signals. The embedder's limits hold in any case. All other limits are kept and have no
 * effect.
 */
public final class LimitCalls {
  private static final int SIZE = 16;

  private final ResourceLimits limits;
  private final TaskIdentity identity;
  private final GuestMemory memory;

  public LimitCalls(ResourceLimits limits, TaskIdentity identity, GuestMemory memory) {
    this.limits = limits;
    this.identity = identity;
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
    if (identity.own(process) < 0) {
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
