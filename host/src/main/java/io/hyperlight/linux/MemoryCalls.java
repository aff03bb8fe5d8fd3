package io.hyperlight.linux;

import io.hyperlight.files.FileException;
import io.hyperlight.os.Errno;
import io.hyperlight.vm.AddressSpace;
import io.hyperlight.vm.GuestMemoryExhaustedException;
import io.hyperlight.vm.Protection;
import java.util.List;

/**
 * Memory: {@code brk(2)}, {@code mmap(2)}, {@code munmap(2)}, {@code mprotect(2)}, {@code
 * mremap(2)}, {@code madvise(2)}.
 *
 * <p>All memory is private, and there as soon as it is mapped with any rights: of files it is a
 * copy ({@link FileMapping}). A mapping of no file without rights takes addresses only. What the
 * host has in the guest's address space is sealed as {@code mseal(2)} would seal it: EPERM.
 *
 * <p>W^X: unless the embedder lets the guest make code, memory that may be written cannot be
 * executable, nor become so later, as {@code PR_SET_MDWE} has it: EACCES. Code of files is
 * executable where the guest cannot write the files, else EPERM.
 */
final class MemoryCalls {
  private static final long PAGE_SIZE = 4096;

  /** Ranges with rights of their own: each costs the host some memory. Linux has 65,530. */
  private static final int MOST_MAPPINGS = 16_384;

  private static final long PROT_READ = 1;
  private static final long PROT_WRITE = 2;
  private static final long PROT_EXEC = 4;
  private static final long PROT_ALL = PROT_READ | PROT_WRITE | PROT_EXEC;

  private static final long MAP_TYPE = 0xf;
  private static final long MAP_SHARED = 1;
  private static final long MAP_PRIVATE = 2;
  private static final long MAP_FIXED = 0x10;
  private static final long MAP_ANONYMOUS = 0x20;
  private static final long MAP_32BIT = 0x40;
  private static final long MAP_HUGETLB = 0x4_0000;
  private static final long MAP_FIXED_NOREPLACE = 0x10_0000;

  private static final long MREMAP_MAYMOVE = 1;
  private static final long MREMAP_FIXED = 2;

  private static final long MADV_DONTNEED = 4;

  /** MADV_NORMAL to MADV_WILLNEED, MADV_FREE, and those that only ever were hints to a kernel. */
  private static final List<Long> HINTS =
      List.of(0L, 1L, 2L, 3L, 8L, 10L, 11L, 12L, 13L, 14L, 15L, 16L, 17L, 20L, 21L, 25L);

  private final AddressSpace space;
  private final AddressRanges ranges;
  private final ProgramBreak programBreak;
  private final boolean mayMakeCode;

  MemoryCalls(AddressSpace space, AddressRanges ranges, boolean mayMakeCode) {
    this.space = space;
    this.ranges = ranges;
    this.mayMakeCode = mayMakeCode;
    programBreak = new ProgramBreak(space, ranges.heapStart(), ranges.heapEnd());
  }

  static void register(SystemCallTable table) {
    table.on(9, (guest, a, b, c, d, e, f) -> guest.memory().mmap(guest, a, b, c, d, e, f));
    table.on(10, (guest, a, b, c, d, e, f) -> guest.memory().mprotect(a, b, c));
    table.on(11, (guest, a, b, c, d, e, f) -> guest.memory().munmap(a, b));
    table.on(12, (guest, a, b, c, d, e, f) -> guest.memory().brk(a));
    table.on(25, (guest, a, b, c, d, e, f) -> guest.memory().mremap(a, b, c, d, e));
    table.on(26, (guest, a, b, c, d, e, f) -> guest.memory().msync(a, b, c));
    table.on(28, (guest, a, b, c, d, e, f) -> guest.memory().madvise(a, b, c));
    // Locking memory is for those with CAP_IPC_LOCK or a limit above 0.
    for (int number : new int[] {149, 151, 325}) {
      table.refuse(number, Errno.EPERM);
    }
  }

  /** What a mapping is called in {@code /proc/self/maps}; may be empty. */
  String nameOf(long start) {
    if (start >= ranges.heapStart() && start < ranges.heapEnd()) {
      return "[heap]";
    }
    // The call stack, and behind it that of a program that starts itself.
    return start >= ranges.stackStart() && start < ranges.windowStart() ? "[stack]" : "";
  }

  ProgramBreak programBreak() {
    return programBreak;
  }

  private long brk(long wanted) {
    return space.mappingCount() >= MOST_MAPPINGS
        ? programBreak.current()
        : programBreak.move(wanted);
  }

  private long mmap(
      SystemCalls guest,
      long address,
      long length,
      long protection,
      long flags,
      long descriptor,
      long offset) {
    long type = flags & MAP_TYPE;
    if (length == 0
        || (offset & PAGE_SIZE - 1) != 0
        || (type != MAP_SHARED && type != MAP_PRIVATE)) {
      return -Errno.EINVAL;
    }
    long size = pageEnd(length);
    if (size <= 0 || size > AddressSpace.USER_END || (flags & MAP_HUGETLB) != 0) {
      return -Errno.ENOMEM;
    }
    if ((protection & PROT_WRITE) != 0 && (protection & PROT_EXEC) != 0 && !mayMakeCode) {
      return -Errno.EACCES;
    }
    FileMapping file =
        (flags & MAP_ANONYMOUS) != 0
            ? null
            : FileMapping.of(
                guest, descriptor, offset, size, protection, type == MAP_SHARED, mayMakeCode);
    if (space.mappingCount() > MOST_MAPPINGS - 2) {
      return -Errno.ENOMEM;
    }
    long start = place(address, size, flags);
    if (start < 0) {
      return start;
    }
    return file == null
        ? replace(start, size, protection(protection))
        : replace(start, size, protection(protection), file);
  }

  /** With a file's contents, which are there also where there are no rights yet. */
  private long replace(long start, long size, Protection protection, FileMapping file) {
    boolean hidden = protection == Protection.NONE;
    long result = replace(start, size, hidden ? Protection.READ : protection);
    if (result < 0) {
      return result;
    }
    try {
      file.copyTo(space, start, size);
    } catch (FileException e) {
      space.unmap(start, size);
      throw e;
    }
    if (hidden) {
      space.protect(start, size, Protection.NONE);
    }
    return start;
  }

  /** Where a mapping goes, or a negated error number. */
  private long place(long address, long size, long flags) {
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
      return replacing || space.isFree(address, size) ? address : -Errno.EEXIST;
    }
    long wanted = address & -PAGE_SIZE;
    if (wanted >= ranges.freeStart()
        && wanted < ranges.freeEnd()
        && size <= ranges.freeEnd() - wanted
        && space.isFree(wanted, size)
        && (flags & MAP_32BIT) == 0) {
      return wanted; // a hint that can be followed
    }
    long found = findFree(size);
    if (found < 0 || ((flags & MAP_32BIT) != 0 && found > (1L << 31) - size)) {
      return -Errno.ENOMEM;
    }
    return found;
  }

  private long findFree(long size) {
    return space.findFree(size, ranges.freeStart(), ranges.freeEnd());
  }

  private long replace(long start, long size, Protection protection) {
    if (!space.isFree(start, size)) {
      // There must be room before what is there goes: a failed call changes nothing.
      if (protection != Protection.NONE
          && size > space.freeBytes() + space.backedBytes(start, size)) {
        return -Errno.ENOMEM;
      }
      space.unmap(start, size);
    }
    try {
      space.map(start, size, protection);
      return start;
    } catch (GuestMemoryExhaustedException e) {
      return -Errno.ENOMEM;
    }
  }

  private static Protection protection(long bits) {
    return Protection.of(
        (bits & PROT_READ) != 0, (bits & PROT_WRITE) != 0, (bits & PROT_EXEC) != 0);
  }

  private static long pageEnd(long length) {
    return length > Long.MAX_VALUE - PAGE_SIZE ? -1 : (length + PAGE_SIZE - 1) & -PAGE_SIZE;
  }

  /** Whether a range of whole pages, none of them too few, is within user space. */
  private static boolean isRange(long address, long size) {
    return (address & PAGE_SIZE - 1) == 0
        && address >= 0
        && address < AddressSpace.USER_END
        && size > 0
        && size <= AddressSpace.USER_END - address;
  }

  private long munmap(long address, long length) {
    long size = pageEnd(length);
    if (!isRange(address, size)) {
      return -Errno.EINVAL;
    }
    if (ranges.touchesSealed(address, size)) {
      return -Errno.EPERM;
    }
    // It may cut one range in two. What ends where ranges end makes fewer of them.
    if (space.mappingCount() >= MOST_MAPPINGS
        && !space.isEdge(address)
        && !space.isEdge(address + size)) {
      return -Errno.ENOMEM;
    }
    space.unmap(address, size);
    return 0;
  }

  private long mprotect(long address, long length, long bits) {
    if ((bits & ~PROT_ALL) != 0 || (address & PAGE_SIZE - 1) != 0) {
      return -Errno.EINVAL;
    }
    if (length == 0) {
      return 0;
    }
    long size = pageEnd(length);
    if (!isRange(address, size) || !space.isTaken(address, size)) {
      return -Errno.ENOMEM;
    }
    if (ranges.touchesSealed(address, size)) {
      return -Errno.EPERM;
    }
    Protection wanted = protection(bits);
    if (!mayMakeCode
        && wanted.executable()
        && (wanted.writable()
            || space.protections(address, size).stream().anyMatch(p -> !p.executable()))) {
      return -Errno.EACCES;
    }
    if (space.mappingCount() > MOST_MAPPINGS - 2) {
      return -Errno.ENOMEM;
    }
    try {
      space.protect(address, size, wanted);
      return 0;
    } catch (GuestMemoryExhaustedException e) {
      return -Errno.ENOMEM;
    }
  }

  private long mremap(long address, long oldLength, long newLength, long flags, long target) {
    long oldSize = pageEnd(oldLength);
    long newSize = pageEnd(newLength);
    boolean mayMove = (flags & MREMAP_MAYMOVE) != 0;
    boolean fixed = (flags & MREMAP_FIXED) != 0;
    if ((flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED)) != 0
        || (fixed && !mayMove)
        || !isRange(address, oldSize)
        || newSize <= 0
        || newSize > AddressSpace.USER_END
        || (fixed && !isRange(target, newSize))
        || (fixed && target < address + oldSize && address < target + newSize)) {
      return -Errno.EINVAL;
    }
    if (ranges.touchesSealed(address, oldSize)
        || (fixed && ranges.touchesSealed(target, newSize))) {
      return -Errno.EPERM;
    }
    if (!space.isTaken(address, oldSize)) {
      return -Errno.EFAULT;
    }
    List<Protection> protections = space.protections(address, oldSize);
    Protection last = protections.getLast();
    if (newSize > oldSize && protections.stream().anyMatch(p -> p != last)) {
      return -Errno.EFAULT; // only one mapping can grow
    }
    if (space.mappingCount() > MOST_MAPPINGS - 4) {
      return -Errno.ENOMEM;
    }
    try {
      return fixed
          ? moveTo(target, address, oldSize, newSize, last)
          : resize(address, oldSize, newSize, last, mayMove);
    } catch (GuestMemoryExhaustedException e) {
      return -Errno.ENOMEM;
    }
  }

  private long resize(
      long address, long oldSize, long newSize, Protection protection, boolean mayMove) {
    if (newSize < oldSize) {
      space.unmap(address + newSize, oldSize - newSize);
      return address;
    }
    if (newSize == oldSize) {
      return address;
    }
    long end = address + oldSize;
    long more = newSize - oldSize;
    if (isRange(end, more)
        && !ranges.touchesSealed(end, more)
        && end != programBreakEnd()
        && space.isFree(end, more)) {
      space.map(end, more, protection);
      return address;
    }
    if (!mayMove) {
      return -Errno.ENOMEM;
    }
    long target = findFree(newSize);
    return target < 0 ? -Errno.ENOMEM : moveTo(target, address, oldSize, newSize, protection);
  }

  /** The heap grows by {@code brk} only. */
  private long programBreakEnd() {
    return pageEnd(programBreak.current());
  }

  /** To addresses that may be taken. What there is not room for is found out before. */
  private long moveTo(
      long target, long address, long oldSize, long newSize, Protection protection) {
    long kept = Math.min(oldSize, newSize);
    if (newSize > oldSize
        && protection != Protection.NONE
        && newSize - oldSize > space.freeBytes()) {
      return -Errno.ENOMEM;
    }
    if (!space.isFree(target, newSize)) {
      space.unmap(target, newSize);
    }
    if (newSize > oldSize) {
      space.map(target + oldSize, newSize - oldSize, protection);
    }
    try {
      space.move(address, kept, target);
    } catch (GuestMemoryExhaustedException e) {
      if (newSize > oldSize) {
        space.unmap(target + oldSize, newSize - oldSize);
      }
      throw e;
    }
    if (oldSize > kept) {
      space.unmap(address + kept, oldSize - kept);
    }
    return target;
  }

  private long msync(long address, long length, long flags) {
    boolean both = (flags & 5) == 5; // MS_ASYNC and MS_SYNC
    if ((address & PAGE_SIZE - 1) != 0 || (flags & ~7) != 0 || both) {
      return -Errno.EINVAL;
    }
    long size = pageEnd(length);
    return length == 0 || (isRange(address, size) && space.isTaken(address, size))
        ? 0
        : -Errno.ENOMEM;
  }

  private long madvise(long address, long length, long advice) {
    if ((address & PAGE_SIZE - 1) != 0) {
      return -Errno.EINVAL;
    }
    boolean drop = advice == MADV_DONTNEED;
    if (!drop && !HINTS.contains(advice)) {
      return -Errno.EINVAL;
    }
    if (length == 0) {
      return 0;
    }
    long size = pageEnd(length);
    if (size <= 0) {
      return -Errno.EINVAL;
    }
    if (!isRange(address, size) || !space.isTaken(address, size)) {
      return -Errno.ENOMEM;
    }
    if (drop) {
      if (ranges.touchesSealed(address, size)) {
        return -Errno.EPERM;
      }
      space.discard(address, size);
    }
    return 0;
  }
}
