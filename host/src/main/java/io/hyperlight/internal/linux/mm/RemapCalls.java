package io.hyperlight.internal.linux.mm;

import static io.hyperlight.internal.linux.mm.MemoryPlacement.isRange;

import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.GuestMemoryExhaustedException;
import io.hyperlight.internal.machine.memory.Protection;
import io.hyperlight.internal.os.Errno;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Grows, shrinks and moves mappings with their objects: {@code mremap(2)}. */
public final class RemapCalls {
  private static final long MREMAP_MAYMOVE = 1;
  private static final long MREMAP_FIXED = 2;
  private static final long MREMAP_DONTUNMAP = 4;
  private static final long MREMAP_ALL = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP;

  private final Mappings mappings;
  private final AddressSpace space;
  private final MappedFiles files;
  private final AddressRanges ranges;
  private final MemoryPlacement placement;
  private final ProgramBreak programBreak;
  private final AddressLimits limits;

  public RemapCalls(ProcessMemory memory, AddressLimits limits) {
    mappings = memory.mappings();
    space = memory.space();
    files = memory.files();
    ranges = memory.ranges();
    placement = memory.placement();
    programBreak = memory.programBreak();
    this.limits = limits;
  }

  public long mremap(long address, long oldLength, long newLength, long flags, long target) {
    long oldSize = MemoryPlacement.pageEnd(oldLength);
    long newSize = MemoryPlacement.pageEnd(newLength);
    boolean mayMove = (flags & MREMAP_MAYMOVE) != 0;
    boolean fixed = (flags & MREMAP_FIXED) != 0;
    boolean keeps = (flags & MREMAP_DONTUNMAP) != 0;
    if ((flags & ~MREMAP_ALL) != 0
        || ((fixed || keeps) && !mayMove)
        || (keeps && oldSize != newSize)
        || (address & Mappings.PAGE_SIZE - 1) != 0
        || oldSize < 0
        || newSize == 0
        || ((fixed || keeps) && !isTarget(target, newSize, address, oldSize))) {
      return -Errno.EINVAL;
    }
    if (!isRange(address, Math.max(oldSize, 1)) || !space.isTaken(address, 1)) {
      return -Errno.EFAULT;
    }
    if (newSize < 0 || newSize > AddressSpace.USER_END) {
      return -Errno.ENOMEM;
    }
    if (ranges.touchesSealed(address, Math.max(oldSize, 1))
        || (fixed && ranges.touchesSealed(target, newSize))) {
      return -Errno.EPERM;
    }
    mappings.requireRoomFor(4);
    if (oldSize >= newSize && !fixed && !keeps) {
      // A range that shrinks may hold several mappings, and holes.
      if (oldSize > newSize) {
        mappings.unmap(address + newSize, oldSize - newSize);
      }
      return address;
    }
    Mappings.View view = movable(address, oldSize, newSize);
    if (view == null) {
      return -Errno.EFAULT;
    }
    MappedArea area = view.area();
    if (oldSize == 0 && (area == null || !area.shared())) {
      return -Errno.EINVAL;
    }
    if (area != null && area.offset() > Long.MAX_VALUE - newSize) {
      return -Errno.EINVAL;
    }
    boolean data = view.protection().writable() && (area == null || !area.shared());
    if (newSize > oldSize && !limits.allowMore(newSize - oldSize, data)) {
      return -Errno.ENOMEM;
    }
    if (area != null) {
      area.object().retain(); // the target may be where it is mapped now
    }
    try {
      if (!fixed && !keeps && oldSize > 0 && extend(address, oldSize, newSize, view)) {
        return address;
      }
      if (!mayMove) {
        return -Errno.ENOMEM;
      }
      long to = fixed ? target : placement.place(keeps ? target : 0, newSize, 0);
      return to < 0 ? to : moveTo(to, address, oldSize, newSize, view, keeps);
    } catch (GuestMemoryExhaustedException e) {
      return -Errno.ENOMEM;
    } finally {
      if (area != null) {
        files.release(area.object());
      }
    }
  }

  /** Answers whether a range is a valid target. Source and target must not overlap. */
  private static boolean isTarget(long target, long newSize, long address, long oldSize) {
    return isRange(target, newSize) && (target >= address + oldSize || address >= target + newSize);
  }

  /**
   * Returns the mapping to move. If there are several, returns the last one: several only move
   * together if none of them grows.
   *
   * @return null if it cannot move
   */
  private Mappings.@Nullable View movable(long address, long oldSize, long newSize) {
    long moved = Math.max(Math.min(oldSize, newSize), Mappings.PAGE_SIZE);
    if (!space.isTaken(address, moved)) {
      return null;
    }
    List<Mappings.View> views = mappings.views(address, address + moved);
    return views.size() > 1 && newSize > oldSize ? null : views.getLast();
  }

  /** Grows a mapping in place. Returns whether there was room. */
  private boolean extend(long address, long oldSize, long newSize, Mappings.View view) {
    long end = address + oldSize;
    long more = newSize - oldSize;
    // Only brk grows the heap.
    if (!isRange(end, more)
        || ranges.touchesSealed(end, more)
        || end == MemoryPlacement.pageEnd(programBreak.current())
        || (view.protection() != Protection.NONE && more > space.freeBytes())
        || !space.isFree(end, more)) {
      return false;
    }
    mapMore(end, more, view, end - address);
    return true;
  }

  /** Maps what follows a view in its object, as far as the object reaches. */
  private void mapMore(long at, long size, Mappings.View view, long distance) {
    MappedArea area = view.area() == null ? null : copy(view.area(), at, size, distance);
    mappings.map(at, size, view.protection(), area, TouchPolicy.isTouched(size, area));
  }

  /**
   * Returns an area of the same object. Its contents begin at a distance from the start of another
   * area.
   */
  private static MappedArea copy(MappedArea area, long at, long size, long distance) {
    return new MappedArea(
        at,
        at + size,
        area.object(),
        area.offset() + distance,
        area.shared(),
        area.mayBecomeWritable(),
        area.protection(),
        area.protection().writable());
  }

  /** Moves a mapping to addresses that may be in use. Checks that there is enough memory first. */
  private long moveTo(
      long target, long address, long oldSize, long newSize, Mappings.View view, boolean keeps) {
    long kept = Math.min(oldSize, newSize);
    long more = keeps ? kept : newSize - kept;
    if (view.protection() != Protection.NONE && more > space.freeBytes()) {
      return -Errno.ENOMEM;
    }
    MappedArea area = view.area();
    if (kept == 0 && area != null && area.object() instanceof MappedObject.SharedZeros) {
      return -Errno.ENOMEM; // the same memory cannot be mapped at two addresses
    }
    if (!space.isFree(target, newSize)) {
      mappings.unmap(target, newSize);
    }
    if (newSize > kept) {
      mapMore(target + kept, newSize - kept, view, kept);
    }
    if (kept == 0) {
      return target;
    }
    List<Mappings.View> left = keeps ? mappings.views(address, address + kept) : List.of();
    try {
      mappings.move(address, kept, target);
    } catch (GuestMemoryExhaustedException e) {
      if (newSize > kept) {
        mappings.unmap(target + kept, newSize - kept);
      }
      throw e;
    }
    for (Mappings.View part : left) {
      long size = part.end() - part.start();
      boolean touched = TouchPolicy.isTouched(size, part.area());
      mappings.map(part.start(), size, part.protection(), part.area(), touched);
    }
    if (oldSize > kept) {
      mappings.unmap(address + kept, oldSize - kept);
    }
    return target;
  }
}
