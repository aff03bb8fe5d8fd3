package io.hyperlight.internal.linux.mm;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.MappedRange;
import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import java.util.List;

/**
 * Answers calls about mapped memory: {@code madvise(2)}, {@code msync(2)}, {@code mincore(2)}.
 * These calls skip unmapped ranges and report them at their end.
 */
public final class AdviceCalls {
  private static final long PAGE_SIZE = Mappings.PAGE_SIZE;

  private static final int MADV_DONTNEED = 4;
  private static final int MADV_FREE = 8;
  private static final int MADV_REMOVE = 9;
  private static final int MADV_WIPEONFORK = 18;
  private static final int MADV_POPULATE_READ = 22;
  private static final int MADV_POPULATE_WRITE = 23;
  private static final int MADV_DONTNEED_LOCKED = 24;

  /** MADV_NORMAL to MADV_WILLNEED, and advice that has only ever been a hint to a kernel. */
  private static final List<Long> HINTS =
      List.of(0L, 1L, 2L, 3L, 10L, 11L, 12L, 13L, 14L, 15L, 16L, 17L, 19L, 20L, 21L, 25L);

  private static final long MS_ASYNC = 1;
  private static final long MS_SYNC = 4;
  private static final long MS_ALL = 7;

  /** How many pages {@code mincore} reads at a time. */
  private static final int PAGES_AT_ONCE = 4096;

  private final Mappings mappings;
  private final AddressSpace space;
  private final AddressRanges ranges;
  private final GuestMemory memory;
  private final Checkpoint checkpoint;

  public AdviceCalls(ProcessMemory process, GuestMemory memory, Checkpoint checkpoint) {
    mappings = process.mappings();
    space = process.space();
    ranges = process.ranges();
    this.memory = memory;
    this.checkpoint = checkpoint;
  }

  public long msync(long address, long length, int flags) {
    boolean both = (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC);
    if ((address & PAGE_SIZE - 1) != 0 || (flags & ~MS_ALL) != 0 || both) {
      return -Errno.EINVAL;
    }
    long size = MemoryPlacement.pageEnd(length);
    return length == 0 || (MemoryPlacement.isRange(address, size) && space.isTaken(address, size))
        ? 0
        : -Errno.ENOMEM;
  }

  public long mincore(long address, long length, long vector) {
    if ((address & PAGE_SIZE - 1) != 0) {
      return -Errno.EINVAL;
    }
    if (length == 0) {
      return 0;
    }
    long size = MemoryPlacement.pageEnd(length);
    if (!MemoryPlacement.isRange(address, size)) {
      return -Errno.ENOMEM;
    }
    long taken =
        space.isTaken(address, 1) ? Math.min(size, space.endOfTaken(address) - address) : 0;
    for (long done = 0; done < taken; ) {
      int pages = (int) Math.min(PAGES_AT_ONCE, (taken - done) / PAGE_SIZE);
      checkpoint.pass(pages / 64);
      memory.write(vector + done / PAGE_SIZE, space.resident(address + done, pages));
      done += pages * PAGE_SIZE;
    }
    return taken == size ? 0 : -Errno.ENOMEM;
  }

  public long madvise(long address, long length, int advice) {
    boolean known =
        switch (advice) {
          case MADV_DONTNEED,
              MADV_FREE,
              MADV_REMOVE,
              MADV_WIPEONFORK,
              MADV_POPULATE_READ,
              MADV_POPULATE_WRITE,
              MADV_DONTNEED_LOCKED ->
              true;
          default -> HINTS.contains((long) advice);
        };
    long size = MemoryPlacement.pageEnd(length);
    if (!known || (address & PAGE_SIZE - 1) != 0 || size < 0) {
      return -Errno.EINVAL;
    }
    if (size == 0) {
      return 0;
    }
    if (!MemoryPlacement.isRange(address, size)) {
      return -Errno.ENOMEM;
    }
    if (changes(advice) && ranges.touchesSealed(address, size)) {
      return -Errno.EPERM;
    }
    boolean populates = advice == MADV_POPULATE_READ || advice == MADV_POPULATE_WRITE;
    long end = address + size;
    long done = address;
    long result = 0;
    for (MappedRange range : space.ranges(address, end)) {
      if (range.start() > done) {
        result = -Errno.ENOMEM;
        if (populates) {
          return result;
        }
      }
      for (Mappings.View view : mappings.views(range.start(), range.end())) {
        long error = advise(view, advice);
        if (error != 0) {
          return error;
        }
      }
      done = range.end();
    }
    return done < end ? -Errno.ENOMEM : result;
  }

  private static boolean changes(int advice) {
    return advice == MADV_DONTNEED
        || advice == MADV_DONTNEED_LOCKED
        || advice == MADV_FREE
        || advice == MADV_REMOVE;
  }

  private long advise(Mappings.View view, int advice) {
    MappedArea area = view.area();
    long size = view.end() - view.start();
    switch (advice) {
      case MADV_DONTNEED, MADV_DONTNEED_LOCKED -> mappings.discard(view.start(), size);
      case MADV_FREE -> {
        if (area != null) {
          return -Errno.EINVAL;
        }
        // It may be free at any time. Now is best: what is free later must not be missing now.
        if (TouchPolicy.isForgotten(space, size)) {
          space.forget(view.start(), size);
        }
      }
      case MADV_WIPEONFORK -> {
        return area == null ? 0 : -Errno.EINVAL;
      }
      case MADV_REMOVE -> {
        if (area == null) {
          return -Errno.EINVAL;
        }
        if (!area.shared() || !area.mayBecomeWritable()) {
          return -Errno.EACCES;
        }
        if (area.object() instanceof MappedObject.OfFile file) {
          file.content().punch(area.offset(), area.offset() + size);
        } else {
          space.discard(view.start(), size);
        }
      }
      case MADV_POPULATE_READ, MADV_POPULATE_WRITE -> {
        boolean allowed =
            advice == MADV_POPULATE_READ
                ? view.protection().readable()
                : view.protection().writable();
        if (!allowed) {
          return -Errno.EINVAL;
        }
        if (area != null && area.endOfContents(area.object().size()) < view.end()) {
          return -Errno.EFAULT;
        }
        if (!mappings.populate(view.start(), size)) {
          return -Errno.ENOMEM;
        }
      }
      default -> {}
    }
    return 0;
  }
}
