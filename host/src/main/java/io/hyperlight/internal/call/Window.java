package io.hyperlight.internal.call;

import io.hyperlight.internal.abi.GuestAbi;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.GuestMemoryExhaustedException;
import io.hyperlight.internal.machine.memory.Protection;

/**
 * The window: the part of guest memory through which strings and bytes travel, and which the guest
 * uses as scratch memory. Every call starts with an empty one. Both sides take from its free end,
 * which the call frame holds; memory behind it is mapped when it is needed, and then stays.
 */
public final class Window {
  /** Enough for most calls, so that they need no further mapping. */
  private static final long INITIAL_SIZE = 4 * GuestAbi.PAGE_SIZE;

  private static final long ALIGNMENT = 16;

  private final AddressSpace space;
  private final long start;
  private final long limit;
  private long mappedEnd;

  /**
   * A window of which a part is mapped.
   *
   * @param mappedEnd where that part ends
   */
  Window(AddressSpace space, long start, long limit, long mappedEnd) {
    this.space = space;
    this.start = start;
    this.limit = limit;
    this.mappedEnd = mappedEnd;
  }

  /** Maps enough for most calls. */
  void reserveInitial() {
    reserve(start + INITIAL_SIZE);
  }

  /** Goes back to an earlier state, after the address space has gone back. */
  void restore(long earlierMappedEnd) {
    mappedEnd = earlierMappedEnd;
  }

  long start() {
    return start;
  }

  long mappedEnd() {
    return mappedEnd;
  }

  /** Whether a free end that the guest may have written lies in the window. */
  boolean contains(long next) {
    return next >= start && next <= mappedEnd;
  }

  /**
   * Maps the window up to an end.
   *
   * @param end any value
   * @throws GuestMemoryExhaustedException if there is no memory for it, or no room
   */
  void reserve(long end) {
    if (end <= mappedEnd && end >= start) {
      return;
    }
    if (end < start || end > limit) {
      end = limit; // which is more than all memory: the exception below names what is free
    }
    long aligned = (end + GuestAbi.PAGE_SIZE - 1) & -GuestAbi.PAGE_SIZE;
    space.map(mappedEnd, aligned - mappedEnd, Protection.READ_WRITE);
    mappedEnd = aligned;
  }

  /**
   * Puts bytes behind what is in the window, and a zero byte behind them.
   *
   * @param next the free end, checked by {@link #contains}
   * @return where they begin
   * @throws GuestMemoryExhaustedException if they do not fit
   */
  long put(long next, byte[] bytes) {
    long at = align(next);
    reserve(at + bytes.length + 1);
    space.write(at, bytes);
    space.write(at + bytes.length, TERMINATOR);
    return at;
  }

  private static final byte[] TERMINATOR = {0};

  /** The first address a further value may have. */
  static long align(long address) {
    return (address + ALIGNMENT - 1) & -ALIGNMENT;
  }
}
