package io.hyperlight.internal.call;

import io.hyperlight.internal.abi.GuestAbi;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.GuestMemoryExhaustedException;
import io.hyperlight.internal.machine.memory.Protection;

/**
 * The window: the part of guest memory through which strings and bytes pass, and which the guest
 * also uses as scratch memory. It is empty at the start of every call. Both sides allocate from its
 * free end, which is stored in the call frame. Memory after that is mapped on demand and then stays
 * mapped.
 */
public final class Window {
  /** Enough for most calls, so that they map nothing more. */
  private static final long INITIAL_SIZE = 4 * GuestAbi.PAGE_SIZE;

  private static final long ALIGNMENT = 16;

  private final AddressSpace space;
  private final long start;
  private final long limit;
  private long mappedEnd;

  /**
   * Makes a window that is partly mapped.
   *
   * @param mappedEnd the end of the mapped part
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

  /** Restores an earlier state, after the address space was restored. */
  void restore(long earlierMappedEnd) {
    mappedEnd = earlierMappedEnd;
  }

  long start() {
    return start;
  }

  long mappedEnd() {
    return mappedEnd;
  }

  /** Returns whether a free end, which the guest may have written, lies in the window. */
  boolean contains(long next) {
    return next >= start && next <= mappedEnd;
  }

  /**
   * Maps the window up to an end.
   *
   * @param end the new end; any value is allowed
   * @throws GuestMemoryExhaustedException if there is not enough memory or room
   */
  void reserve(long end) {
    if (end <= mappedEnd && end >= start) {
      return;
    }
    if (end < start || end > limit) {
      end = limit; // this is more than all memory: the exception below reports what is free
    }
    long aligned = (end + GuestAbi.PAGE_SIZE - 1) & -GuestAbi.PAGE_SIZE;
    space.map(mappedEnd, aligned - mappedEnd, Protection.READ_WRITE);
    mappedEnd = aligned;
  }

  /**
   * Appends bytes to the window, and a zero byte after them.
   *
   * @param next the free end, checked by {@link #contains}
   * @return the address of the bytes
   * @throws GuestMemoryExhaustedException if the bytes do not fit
   */
  long put(long next, byte[] bytes) {
    long at = align(next);
    reserve(at + bytes.length + 1);
    space.write(at, bytes);
    space.write(at + bytes.length, TERMINATOR);
    return at;
  }

  private static final byte[] TERMINATOR = {0};

  /** Returns the first address at or after this one where a value may start. */
  static long align(long address) {
    return (address + ALIGNMENT - 1) & -ALIGNMENT;
  }
}
