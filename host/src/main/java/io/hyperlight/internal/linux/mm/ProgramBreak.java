package io.hyperlight.internal.linux.mm;

import io.hyperlight.internal.machine.memory.GuestMemoryExhaustedException;
import io.hyperlight.internal.machine.memory.Protection;

/**
 * The program break, {@code brk(2)}. Memory is mapped as it moves up and unmapped as it moves down.
 * So memory that it covers again is all zeros.
 */
public final class ProgramBreak {
  private static final long PAGE_SIZE = 4096;

  private final Mappings mappings;
  private final long start;
  private final long limit;
  private long current;

  /**
   * Creates an empty heap.
   *
   * @param start page-aligned
   * @param limit the maximum break
   */
  ProgramBreak(Mappings mappings, long start, long limit) {
    this.mappings = mappings;
    this.start = start;
    this.limit = limit;
    current = start;
  }

  /** Returns the present break. */
  public long current() {
    return current;
  }

  /** Restores an earlier break. Call this after the address space was restored. */
  public void restore(long earlier) {
    current = earlier;
  }

  /** Moves the break if that is possible. Returns the new break, as the system call does. */
  long move(long wanted) {
    if (wanted < start || wanted > limit) {
      return current;
    }
    long end = pageEnd(wanted);
    long mappedEnd = pageEnd(current);
    if (end > mappedEnd) {
      try {
        // The program may have mapped something there itself.
        long more = end - mappedEnd;
        if (!mappings.space().isFree(mappedEnd, more)) {
          return current;
        }
        // All of it gets memory at once: programs use what they take here.
        mappings.map(mappedEnd, more, Protection.READ_WRITE, null, true);
      } catch (GuestMemoryExhaustedException e) {
        return current; // brk reports missing memory like this
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
