package io.hyperlight.internal.linux.mm;

import io.hyperlight.internal.linux.limits.ResourceLimits;
import io.hyperlight.internal.machine.memory.AddressSpace;

/** Checks mappings against the resource limits {@code RLIMIT_AS} and {@code RLIMIT_DATA}. */
public final class AddressLimits {
  private static final long INFINITY = ResourceLimits.INFINITY;

  private final ResourceLimits limits;
  private final AddressSpace space;

  public AddressLimits(ResourceLimits limits, AddressSpace space) {
    this.limits = limits;
    this.space = space;
  }

  /**
   * Answers whether a range may be mapped in place of what is mapped there.
   *
   * @param start page-aligned, as is {@code end}
   * @param data whether it is private writable memory
   */
  boolean allowMapping(long start, long end, boolean data) {
    return (limits.addressBytes() == INFINITY
            || isWithin(limits.addressBytes(), more(start, end, false), false))
        && (!data
            || limits.dataBytes() == INFINITY
            || isWithin(limits.dataBytes(), more(start, end, true), true));
  }

  private long more(long start, long end, boolean data) {
    return end - start - space.takenBytes(start, end, data);
  }

  /** Answers whether this many more bytes may be mapped. */
  boolean allowMore(long bytes, boolean data) {
    return (limits.addressBytes() == INFINITY || isWithin(limits.addressBytes(), bytes, false))
        && (!data || limits.dataBytes() == INFINITY || isWithin(limits.dataBytes(), bytes, true));
  }

  private boolean isWithin(long limit, long more, boolean data) {
    long taken = space.takenBytes(0, AddressSpace.USER_END, data);
    return more <= 0 || Long.compareUnsigned(taken + more, limit) <= 0;
  }
}
