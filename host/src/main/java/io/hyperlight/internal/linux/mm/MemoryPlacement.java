package io.hyperlight.internal.linux.mm;

import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.os.Errno;

/** Chooses addresses for mappings. It follows the program's wish where Linux would. */
final class MemoryPlacement {
  private static final long PAGE_SIZE = Mappings.PAGE_SIZE;

  static final long MAP_FIXED = 0x10;
  static final long MAP_32BIT = 0x40;
  static final long MAP_FIXED_NOREPLACE = 0x10_0000;

  /** The range of {@code MAP_32BIT}: the second gibibyte. A hint may be anywhere below its end. */
  private static final long LOW_START = 1L << 30;

  private static final long LOW_END = 1L << 31;

  /** {@code stack_guard_gap}: only a fixed mapping may be this close below a stack. */
  private static final long STACK_GUARD = 1 << 20;

  private final AddressSpace space;
  private final AddressRanges ranges;

  MemoryPlacement(AddressSpace space, AddressRanges ranges) {
    this.space = space;
    this.ranges = ranges;
  }

  /** Answers whether whole pages, at least one, are within user space. */
  static boolean isRange(long address, long size) {
    return (address & PAGE_SIZE - 1) == 0
        && address >= 0
        && address < AddressSpace.USER_END
        && size > 0
        && size <= AddressSpace.USER_END - address;
  }

  /** Rounds a number of bytes up to whole pages; -1 if that is not possible. */
  static long pageEnd(long length) {
    return length < 0 || length > Long.MAX_VALUE - PAGE_SIZE
        ? -1
        : (length + PAGE_SIZE - 1) & -PAGE_SIZE;
  }

  /** Returns the address for a mapping, or a negated error number. */
  long place(long address, long size, long flags) {
    boolean replacing = (flags & MAP_FIXED) != 0;
    if (replacing || (flags & MAP_FIXED_NOREPLACE) != 0) {
      if ((address & PAGE_SIZE - 1) != 0) {
        return -Errno.EINVAL;
      }
      if (!isRange(address, size)) {
        return -Errno.ENOMEM;
      }
      if (ranges.touchesSealed(address, size)) {
        return -Errno.EPERM;
      }
      // NOREPLACE wins, as on Linux.
      boolean replaces = (flags & MAP_FIXED_NOREPLACE) == 0;
      return replaces || space.isFree(address, size) ? address : -Errno.EEXIST;
    }
    boolean low = (flags & MAP_32BIT) != 0;
    long wanted = address & -PAGE_SIZE;
    if (wanted != 0
        && isRange(wanted, size)
        && (!low || wanted <= LOW_END - size)
        && !isKept(wanted, size)
        && space.isFree(wanted, size)) {
      return wanted; // the hint can be followed
    }
    long found = low ? findLow(size) : findFree(size);
    return found < 0 ? -Errno.ENOMEM : found;
  }

  /**
   * Returns the highest free address for a mapping without a wish, as on Linux; -1 if there is
   * none.
   */
  long findFree(long size) {
    return space.findFreeBelow(size, ranges.freeStart(), ranges.freeEnd());
  }

  /** Leaves the heap room to grow, unless there is no other place. */
  private long findLow(long size) {
    long found = findLow(size, Math.max(LOW_START, ranges.heapEnd()));
    return found < 0 ? findLow(size, LOW_START) : found;
  }

  private long findLow(long size, long from) {
    long found = space.findFree(size, from, LOW_END);
    if (found >= 0 && isKept(found, size)) {
      found = space.findFree(size, Math.max(found, ranges.heapStart()), LOW_END);
    }
    return found;
  }

  /** Answers whether a range touches addresses that only a fixed mapping gets, or none. */
  private boolean isKept(long address, long size) {
    return address < ranges.hostEnd()
        || (address < ranges.heapStart() && address + size > ranges.stackStart() - STACK_GUARD);
  }
}
