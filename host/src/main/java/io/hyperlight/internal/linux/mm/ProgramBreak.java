package io.hyperlight.internal.linux.mm;

import io.hyperlight.internal.machine.memory.GuestMemoryExhaustedException;
import io.hyperlight.internal.machine.memory.Protection;

/**
 * The program break, {@code brk(2)}: memory behind it is mapped as it moves up and unmapped as it
 * moves down, so that what it moves over again is zeros.
 */
public final class ProgramBreak {
  private static final long PAGE_SIZE = 4096;

  private final Mappings mappings;
  private final long start;
  private final long limit;
  private long current;

  /**
   * An empty heap.
   *
   * @param start page-aligned
   * @param limit no break beyond it
   */
  ProgramBreak(Mappings mappings, long start, long limit) {
    this.mappings = mappings;
    this.start = start;
    this.limit = limit;
    current = start;
  }

  /** Where it is. */
  public long current() {
    return current;
  }

  /** Goes back to where it was, after the address space has gone back. */
  public void restore(long earlier) {
    current = earlier;
  }

  /** Moves the break if that is possible; returns where it is then, as the system call does. */
  long move(long wanted) {
    if (wanted < start || wanted > limit) {
      return current;
    }
    long end = pageEnd(wanted);
    long mappedEnd = pageEnd(current);
    if (end > mappedEnd) {
      try {
        // The program may have mapped something of its own there.
        if (!mappings.space().isFree(mappedEnd, end - mappedEnd)) {
          return current;
        }
        mappings.map(mappedEnd, end - mappedEnd, Protection.READ_WRITE, null);
      } catch (GuestMemoryExhaustedException e) {
        return current; // how brk says that there is no memory
      }
    } else if (end < mappedEnd) {
      mappings.unmap(end, mappedEnd - end);
    }
    current = wanted;
    return current;
  }

  private static long pageEnd(long address) {
    return (address + PAGE_SIZE - 1) & -PAGE_SIZE;
  }
}
