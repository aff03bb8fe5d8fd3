package io.hyperlight.internal.loader;

import io.hyperlight.internal.abi.CallFrame;
import io.hyperlight.internal.abi.GuestAbi;
import io.hyperlight.internal.linux.mm.AddressRanges;
import io.hyperlight.internal.machine.arch.VdsoPages;
import io.hyperlight.internal.machine.memory.MappedRange;
import io.hyperlight.internal.machine.memory.Protection;
import io.hyperlight.internal.machine.x86.ContextSwitchCode;
import io.hyperlight.internal.machine.x86.Gate;
import java.util.ArrayList;
import java.util.List;

/**
 * Where things lie in a guest's virtual address space, from low to high:
 *
 * <pre>
 *   0                 never mapped
 *   0x10000           gate, information page; the vDSO of a program that starts itself
 *   program           where it was linked, or from POSITION_INDEPENDENT_BASE
 *   guard             never mapped
 *   call stack        grows down; the call frame is the end of its top page
 *   guard             never mapped
 *   program's stack   of a program that starts itself: arguments, and what its start left there
 *   guard             never mapped
 *   window            arguments, results of host functions, the guest's scratch memory; mapped as needed
 *   guard             never mapped
 *   heap              up to the program break; mapped as needed
 *   guard             never mapped
 *   mappings          what the program maps, where it leaves the place to the host
 *   save areas        registers of the guest's threads, up to the end of user addresses
 * </pre>
 *
 * In a whole program the window lies behind the mappings.
 *
 * <p>Window and heap each have room for the whole guest memory, which they share.
 *
 * @param programStack equal to its end where there is none
 */
public record GuestLayout(
    long guardBelowStack,
    long stack,
    long stackEnd,
    long programStack,
    long programStackEnd,
    long window,
    long heap,
    long end) {
  /** The call stack of a program in which nothing is called: only the call frame. */
  private static final long MIN_CALL_STACK = GuestAbi.PAGE_SIZE;

  /** The guard is so wide that a function with a large frame does not step over it. */
  private static final long STACK_GUARD = 1 << 20;

  private static final long GUARD = 1 << 16;

  /**
   * Lays out a sandbox for a program.
   *
   * @throws GuestFormatException if the program is linked where it leaves no room
   */
  public static GuestLayout of(GuestProgram program, long stackBytes, long memoryBytes) {
    return of(
        program.segments().getFirst().address(),
        program.segments().getLast().end(),
        program.isWhole() ? MIN_CALL_STACK : stackBytes,
        program.startsItself() ? stackBytes : 0,
        memoryBytes,
        program.isWhole());
  }

  /**
   * Lays out a sandbox.
   *
   * @param programStackBytes 0 for a program that does not start itself
   * @param whole whether the host calls nothing in the program; then it needs no window, which lies
   *     out of the way at the top
   * @throws GuestFormatException if the program is linked where it leaves no room
   */
  public static GuestLayout of(
      long programStart,
      long programEnd,
      long stackBytes,
      long programStackBytes,
      long memoryBytes,
      boolean whole) {
    boolean startsItself = programStackBytes > 0;
    long hostEnd = hostEnd(startsItself);
    if (programStart < hostEnd) {
      throw new GuestFormatException(
          "it is linked at 0x%x, below 0x%x, where the host has its own pages: link it higher"
              .formatted(programStart, hostEnd));
    }
    long guard = GuestAbi.pageEnd(programEnd);
    long stacks = STACK_GUARD + stackBytes + (startsItself ? STACK_GUARD + programStackBytes : 0);
    long room = ContextSwitchCode.AREAS - stacks - 3 * GUARD - 2 * memoryBytes;
    if (guard > room) {
      throw new GuestFormatException(
          "it is linked at 0x%x, which leaves no room above it: link it lower"
              .formatted(programStart));
    }
    long stack = guard + STACK_GUARD;
    long stackEnd = stack + stackBytes;
    long programStack = startsItself ? stackEnd + STACK_GUARD : stackEnd;
    long programStackEnd = startsItself ? programStack + programStackBytes : stackEnd;
    long behindStacks = programStackEnd + GUARD;
    long window = whole ? ContextSwitchCode.AREAS - GUARD - memoryBytes : behindStacks;
    long heap = whole ? behindStacks : window + memoryBytes + GUARD;
    return new GuestLayout(
        guard, stack, stackEnd, programStack, programStackEnd, window, heap, heap + memoryBytes);
  }

  private static long hostEnd(boolean startsItself) {
    return startsItself ? VdsoPages.END : Gate.END;
  }

  /** Returns whether the program starts itself. Such a program has a vDSO, too. */
  public boolean startsItself() {
    return programStackEnd > programStack;
  }

  /**
   * Returns all that can be mapped for a guest, except the host's own pages.
   *
   * @param windowEnd page-aligned, within the window
   * @param heapEnd page-aligned, within the heap
   */
  public List<MappedRange> mappings(GuestProgram program, long windowEnd, long heapEnd) {
    List<MappedRange> ranges = new ArrayList<>();
    for (ElfSegment segment : program.segments()) {
      ranges.add(new MappedRange(segment.pageStart(), segment.pageEnd(), segment.protection()));
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

  public long frame() {
    return stackEnd - CallFrame.SIZE;
  }

  public boolean isStackGuard(long address) {
    return (address >= guardBelowStack && address < stack)
        || (address >= stackEnd && address < programStack);
  }

  /** Returns the same layout for the code that answers system calls. */
  public AddressRanges ranges() {
    long windowEnd = window + (end - heap);
    // A program that is linked very high leaves no room for mappings.
    long freeEnd =
        Math.max(end + GUARD, (window > heap ? window : ContextSwitchCode.AREAS) - GUARD);
    return new AddressRanges(
        hostEnd(startsItself()),
        startsItself() ? VdsoPages.NUMBERS : 0,
        startsItself() ? VdsoPages.OBJECT : 0,
        ContextSwitchCode.AREAS,
        stack,
        stackEnd,
        startsItself() ? programStack : stack,
        programStackEnd,
        window,
        windowEnd,
        heap,
        end,
        end + GUARD,
        freeEnd);
  }
}
