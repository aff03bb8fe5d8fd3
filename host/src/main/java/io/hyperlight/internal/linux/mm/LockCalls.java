package io.hyperlight.internal.linux.mm;

import io.hyperlight.internal.linux.limits.ResourceLimits;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.Protection;
import io.hyperlight.internal.os.Errno;

/**
 * Answers {@code mlock(2)} and its relatives. Guest memory is never swapped out, so locking only
 * touches it. Nothing records what is locked. {@code RLIMIT_MEMLOCK} applies to each request.
 */
public final class LockCalls {
  private static final int MLOCK_ONFAULT = 1;
  private static final int MCL_CURRENT = 1;
  private static final int MCL_ONFAULT = 4;
  private static final int MCL_ALL = 7;

  private final Mappings mappings;
  private final AddressSpace space;
  private final ResourceLimits limits;

  public LockCalls(ProcessMemory memory, ResourceLimits limits) {
    mappings = memory.mappings();
    space = memory.space();
    this.limits = limits;
  }

  public long mlock(long address, long length) {
    return mlock2(address, length, 0);
  }

  public long mlock2(long address, long length, int flags) {
    if ((flags & ~MLOCK_ONFAULT) != 0) {
      return -Errno.EINVAL;
    }
    if (limits.lockedBytes() == 0) {
      return -Errno.EPERM;
    }
    long start = address & -Mappings.PAGE_SIZE;
    long size = size(address, length);
    if (size == 0) {
      return 0;
    }
    if (size < 0 || !isAllowed(size)) {
      return -Errno.ENOMEM;
    }
    long error = requireMapped(start, size);
    if (error != 0 || flags == MLOCK_ONFAULT) {
      return error;
    }
    boolean readable = space.protections(start, size).stream().allMatch(Protection::readable);
    return readable && mappings.populate(start, size) ? 0 : -Errno.ENOMEM;
  }

  public long munlock(long address, long length) {
    long start = address & -Mappings.PAGE_SIZE;
    long size = size(address, length);
    if (size < 0) {
      return -Errno.EINVAL;
    }
    return size == 0 ? 0 : requireMapped(start, size);
  }

  public long mlockall(int flags) {
    if (flags == 0 || (flags & ~MCL_ALL) != 0 || flags == MCL_ONFAULT) {
      return -Errno.EINVAL;
    }
    if (limits.lockedBytes() == 0) {
      return -Errno.EPERM;
    }
    boolean now = (flags & MCL_CURRENT) != 0;
    if (now && !isAllowed(space.takenBytes(0, AddressSpace.USER_END, false))) {
      return -Errno.ENOMEM;
    }
    if (now && (flags & MCL_ONFAULT) == 0) {
      mappings.populate(0, AddressSpace.USER_END); // as far as it goes, as on Linux
    }
    return 0;
  }

  public long munlockall() {
    return 0;
  }

  /** Returns the size of the pages in a range. It wraps around, as on Linux. */
  private static long size(long address, long length) {
    long pageSize = Mappings.PAGE_SIZE;
    return (length + (address & pageSize - 1) + pageSize - 1) & -pageSize;
  }

  private long requireMapped(long start, long size) {
    return MemoryPlacement.isRange(start, size) && space.isTaken(start, size) ? 0 : -Errno.ENOMEM;
  }

  private boolean isAllowed(long bytes) {
    return Long.compareUnsigned(bytes, limits.lockedBytes()) <= 0;
  }
}
