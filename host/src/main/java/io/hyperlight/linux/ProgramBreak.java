package io.hyperlight.linux;

import io.hyperlight.vm.AddressSpace;
import io.hyperlight.vm.GuestMemoryExhaustedException;
import io.hyperlight.vm.Protection;

/**
 * The program break, {@code brk(2)}: memory behind it is mapped as it moves up, and stays mapped
 * when it moves down.
 */
public final class ProgramBreak {
  private static final long PAGE_SIZE = 4096;

  private final AddressSpace space;
  private final long start;
  private final long limit;
  private long current;
  private long mappedEnd;

  /**
   * Where a break is.
   *
   * @param current the break
   * @param mappedEnd page-aligned; what it has been at most
   */
  public record State(long current, long mappedEnd) {}

  /**
   * An empty heap.
   *
   * @param start page-aligned
   * @param limit no break beyond it
   */
  ProgramBreak(AddressSpace space, long start, long limit) {
    this.space = space;
    this.start = start;
    this.limit = limit;
    current = start;
    mappedEnd = start;
  }

  State state() {
    return new State(current, mappedEnd);
  }

  /** Goes back to an earlier state, after the address space has gone back. */
  void restore(State earlier) {
    current = earlier.current;
    mappedEnd = earlier.mappedEnd;
  }

  /** Moves the break if that is possible; returns where it is then, as the system call does. */
  long move(long wanted) {
    if (wanted < start || wanted > limit) {
      return current;
    }
    long end = (wanted + PAGE_SIZE - 1) & -PAGE_SIZE;
    if (end > mappedEnd) {
      try {
        space.map(mappedEnd, end - mappedEnd, Protection.READ_WRITE);
      } catch (GuestMemoryExhaustedException e) {
        return current; // how brk says that there is no memory
      }
      mappedEnd = end;
    }
    current = wanted;
    return current;
  }
}
