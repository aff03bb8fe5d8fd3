package io.hyperlight.guest;

import io.hyperlight.vm.AddressSpace;
import io.hyperlight.vm.CallFrame;
import io.hyperlight.vm.Gate;
import io.hyperlight.vm.MappedRange;
import io.hyperlight.vm.Protection;
import java.util.ArrayList;
import java.util.List;

/**
 * Where things lie in a guest's virtual address space, from low to high:
 *
 * <pre>
 *   0                 never mapped
 *   0x10000           gate, information page
 *   program           where it was linked, or from POSITION_INDEPENDENT_BASE
 *   guard             never mapped
 *   call stack        grows down; the call frame is the end of its top page
 *   guard             never mapped
 *   window            arguments, results of host functions, the guest's scratch memory; mapped as needed
 *   guard             never mapped
 *   heap              up to the program break; mapped as needed
 * </pre>
 *
 * Window and heap each have room for the whole guest memory, which they share.
 */
record GuestLayout(
    long guardBelowStack, long stack, long stackEnd, long window, long heap, long end) {
  static final long POSITION_INDEPENDENT_BASE = 0x20_0000;

  /** Wide enough that a function with a large frame does not step over it. */
  private static final long STACK_GUARD = 1 << 20;

  private static final long GUARD = 1 << 16;

  /**
   * Lays out a sandbox for a program.
   *
   * @throws GuestFormatException if the program is linked where it leaves no room
   */
  static GuestLayout of(Program program, long stackBytes, long memoryBytes) {
    return of(
        program.segments().getFirst().address(),
        program.segments().getLast().end(),
        stackBytes,
        memoryBytes);
  }

  /**
   * Lays out a sandbox.
   *
   * @throws GuestFormatException if the program is linked where it leaves no room
   */
  static GuestLayout of(long programStart, long programEnd, long stackBytes, long memoryBytes) {
    if (programStart < Gate.END) {
      throw new GuestFormatException(
          "it is linked at 0x%x, below 0x%x, where the host has its own pages: link it higher"
              .formatted(programStart, Gate.END));
    }
    long guard = (programEnd + ElfFile.PAGE_SIZE - 1) & -ElfFile.PAGE_SIZE;
    long room = AddressSpace.USER_END - STACK_GUARD - stackBytes - 3 * GUARD - 2 * memoryBytes;
    if (guard > room) {
      throw new GuestFormatException(
          "it is linked at 0x%x, which leaves no room above it: link it lower"
              .formatted(programStart));
    }
    long stack = guard + STACK_GUARD;
    long stackEnd = stack + stackBytes;
    long window = stackEnd + GUARD;
    long heap = window + memoryBytes + GUARD;
    return new GuestLayout(guard, stack, stackEnd, window, heap, heap + memoryBytes);
  }

  /**
   * All that can be mapped for a guest, besides the host's own pages.
   *
   * @param windowEnd page-aligned, within the window
   * @param heapEnd page-aligned, within the heap
   */
  List<MappedRange> mappings(Program program, long windowEnd, long heapEnd) {
    List<MappedRange> ranges = new ArrayList<>();
    for (ElfSegment segment : program.segments()) {
      ranges.add(
          new MappedRange(
              ElfFile.pageStart(segment), ElfFile.pageEnd(segment), segment.protection()));
    }
    ranges.add(new MappedRange(stack, stackEnd, Protection.READ_WRITE));
    if (windowEnd > window) {
      ranges.add(new MappedRange(window, windowEnd, Protection.READ_WRITE));
    }
    if (heapEnd > heap) {
      ranges.add(new MappedRange(heap, heapEnd, Protection.READ_WRITE));
    }
    return MappedRange.merge(ranges);
  }

  long frame() {
    return stackEnd - CallFrame.SIZE;
  }

  boolean isStackGuard(long address) {
    return address >= guardBelowStack && address < stack;
  }
}
