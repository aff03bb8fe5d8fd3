package io.hyperlight.internal.linux.mm;

import static io.hyperlight.internal.linux.mm.MemoryPlacement.isRange;
import static io.hyperlight.internal.linux.mm.MemoryPlacement.pageEnd;

import io.hyperlight.internal.linux.fd.ProcessFiles;
import io.hyperlight.internal.linux.limits.HeapBudget;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.GuestMemoryExhaustedException;
import io.hyperlight.internal.machine.memory.Protection;
import io.hyperlight.internal.os.Errno;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * System calls on memory: {@code brk(2)}, {@code mmap(2)}, {@code munmap(2)}, {@code mprotect(2)}.
 * Related calls are in {@link RemapCalls} and {@link AdviceCalls}.
 *
 * <p>A small mapping with any rights has all its memory at once, and a large one gets it by touch
 * ({@link TouchPolicy}). Pages of a file are copies that follow their file ({@link MappedFiles}). A
 * mapping without rights only takes addresses. The host's ranges in the guest's address space are
 * sealed as {@code mseal(2)} seals memory: EPERM.
 *
 * <p>W^X holds unless the embedder lets the guest make code. Writable memory cannot be executable.
 * Also, memory that is not executable cannot become so later, as with {@code PR_SET_MDWE}: EACCES.
 * Code of a file can be mapped only if the guest cannot write the file: EPERM otherwise.
 */
public final class MemoryCalls {
  private static final long PAGE_SIZE = Mappings.PAGE_SIZE;

  private static final long PROT_READ = 1;
  private static final long PROT_WRITE = 2;
  private static final long PROT_EXEC = 4;
  private static final long PROT_ALL = PROT_READ | PROT_WRITE | PROT_EXEC;

  private static final long MAP_TYPE = 0xf;
  private static final long MAP_SHARED = 1;
  private static final long MAP_PRIVATE = 2;
  private static final long MAP_SHARED_VALIDATE = 3;
  private static final long MAP_ANONYMOUS = 0x20;
  private static final long MAP_HUGETLB = 0x4_0000;

  /** The flags that {@code MAP_SHARED_VALIDATE} accepts: {@code LEGACY_MAP_MASK} of the kernel. */
  private static final long MAP_LEGACY = 0x7_f9f3 | 21L << 26 | 30L << 26;

  private final AddressSpace space;
  private final AddressRanges ranges;
  private final MemoryPlacement placement;
  private final Mappings mappings;
  private final MappedFiles mapped;
  private final ProgramBreak programBreak;
  private final AddressLimits limits;
  private final ProcessFiles files;
  private final HeapBudget heap;
  private final boolean mayMakeCode;

  /**
   * Creates the calls of a process.
   *
   * @param mayMakeCode whether memory that was writable may become executable
   */
  public MemoryCalls(
      ProcessMemory memory,
      AddressLimits limits,
      ProcessFiles files,
      HeapBudget heap,
      boolean mayMakeCode) {
    space = memory.space();
    ranges = memory.ranges();
    placement = memory.placement();
    mappings = memory.mappings();
    mapped = memory.files();
    programBreak = memory.programBreak();
    this.limits = limits;
    this.files = files;
    this.heap = heap;
    this.mayMakeCode = mayMakeCode;
  }

  public long brk(long wanted) {
    long start = MemoryPlacement.pageEnd(programBreak.current());
    long end = Math.max(start, wanted < 0 ? start : MemoryPlacement.pageEnd(wanted));
    boolean allowed = end == start || limits.allowMapping(start, end, true);
    return allowed && mappings.hasRoomFor(1) ? programBreak.move(wanted) : programBreak.current();
  }

  public long mmap(
      long address, long length, long protection, long flags, int descriptor, long offset) {
    long type = flags & MAP_TYPE;
    boolean anonymous = (flags & MAP_ANONYMOUS) != 0;
    boolean validated = type == MAP_SHARED_VALIDATE && !anonymous;
    if (length == 0
        || (offset & PAGE_SIZE - 1) != 0
        || (type != MAP_SHARED && type != MAP_PRIVATE && !validated)) {
      return -Errno.EINVAL;
    }
    if (validated && (flags & ~(MAP_LEGACY | MAP_TYPE)) != 0) {
      return -Errno.ENOTSUP;
    }
    long size = pageEnd(length);
    if (size <= 0 || size > AddressSpace.USER_END || (flags & MAP_HUGETLB) != 0) {
      return -Errno.ENOMEM;
    }
    if ((protection & PROT_WRITE) != 0 && (protection & PROT_EXEC) != 0 && !mayMakeCode) {
      return -Errno.EACCES;
    }
    boolean shared = type != MAP_PRIVATE;
    FileMapping file =
        anonymous
            ? FileMapping.anonymous(shared, size)
            : FileMapping.of(
                files, mapped, heap, descriptor, offset, size, protection, shared, mayMakeCode);
    file.hold();
    try {
      mappings.requireRoomFor(2);
      long start = placement.place(address, size, flags);
      if (start < 0) {
        return start;
      }
      Protection rights = protection(protection);
      if (!limits.allowMapping(start, start + size, !shared && rights.writable())) {
        return -Errno.ENOMEM;
      }
      if (!file.hasRoomOfFile() && TouchPolicy.isTooLarge(space, start, size, rights, flags)) {
        return -Errno.ENOMEM;
      }
      return replace(start, size, rights, file.area(start, size, rights), flags);
    } finally {
      file.release(mapped);
    }
  }

  private long replace(
      long start, long size, Protection protection, @Nullable MappedArea area, long flags) {
    boolean touched = TouchPolicy.isTouched(size, area, flags);
    if (!space.isFree(start, size)) {
      // Check for room before unmapping: a failed call changes nothing.
      long needed = area == null ? size : area.endOfContents(area.object().size()) - area.start();
      if (touched
          && protection != Protection.NONE
          && needed > space.freeBytes() + space.backedBytes(start, size)) {
        return -Errno.ENOMEM;
      }
      mappings.unmap(start, size);
    }
    try {
      mappings.map(start, size, protection, area, touched);
      if (!touched && TouchPolicy.isPopulated(flags)) {
        mappings.populate(start, size);
      }
      return start;
    } catch (GuestMemoryExhaustedException e) {
      return -Errno.ENOMEM;
    }
  }

  private static Protection protection(long bits) {
    return Protection.of(
        (bits & PROT_READ) != 0, (bits & PROT_WRITE) != 0, (bits & PROT_EXEC) != 0);
  }

  public long munmap(long address, long length) {
    long size = pageEnd(length);
    if (!isRange(address, size)) {
      return -Errno.EINVAL;
    }
    if (ranges.touchesSealed(address, size)) {
      return -Errno.EPERM;
    }
    // Unmapping may cut one range in two. If it ends at the edge of a range, the number of ranges
    // does not grow.
    if (!mappings.hasRoomFor(1) && !mappings.isEdge(address) && !mappings.isEdge(address + size)) {
      return -Errno.ENOMEM;
    }
    mappings.unmap(address, size);
    return 0;
  }

  public long mprotect(long address, long length, long bits) {
    if ((bits & ~PROT_ALL) != 0 || (address & PAGE_SIZE - 1) != 0) {
      return -Errno.EINVAL;
    }
    if (length == 0) {
      return 0;
    }
    long size = pageEnd(length);
    if (!isRange(address, size) || !space.isTaken(address, 1)) {
      return -Errno.ENOMEM;
    }
    if (ranges.touchesSealed(address, size)) {
      return -Errno.EPERM;
    }
    mappings.requireRoomFor(2);
    // As on Linux: everything before the first refused range is changed.
    Protection wanted = protection(bits);
    long end = Math.min(address + size, space.endOfTaken(address));
    long result = end < address + size ? -Errno.ENOMEM : 0;
    long refused = firstRefusal(mappings.views(address, end), wanted, end);
    if (refused < end) {
      end = refused;
      result = -Errno.EACCES;
    }
    if (end == address) {
      return result;
    }
    if (!limits.allowMapping(address, end, wanted.writable())) {
      return -Errno.ENOMEM;
    }
    try {
      mappings.protect(address, end - address, wanted);
      return result;
    } catch (GuestMemoryExhaustedException e) {
      return -Errno.ENOMEM;
    }
  }

  /**
   * Returns the start of the first view that may not have these rights; the end if there is none.
   */
  private long firstRefusal(List<Mappings.View> views, Protection wanted, long end) {
    for (Mappings.View view : views) {
      MappedArea area = view.area();
      boolean madeCode =
          wanted.executable() && (wanted.writable() || !view.protection().executable());
      if ((madeCode && !mayMakeCode)
          || (wanted.writable() && area != null && !area.mayBecomeWritable())) {
        return view.start();
      }
    }
    return end;
  }
}
