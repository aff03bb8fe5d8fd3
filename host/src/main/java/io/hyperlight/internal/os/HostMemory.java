package io.hyperlight.internal.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Maps memory of this process, and gives it back.
 *
 * <p>Every method is safe to call from any thread. A failed call throws {@link
 * SystemCallException}. What a signal interrupted is done again.
 */
public final class HostMemory {
  public static final int PROT_READ = 1;
  public static final int PROT_WRITE = 2;
  static final int PROT_EXEC = 4;

  public static final int MAP_SHARED = 1;
  public static final int MAP_PRIVATE = 2;
  public static final int MAP_FIXED = 0x10;
  public static final int MAP_ANONYMOUS = 0x20;
  public static final int MAP_NORESERVE = 0x4000;

  public static final int MADV_DONTNEED = 4;

  /** Advice that core dumps shall not have a mapping. */
  private static final int MADV_DONTDUMP = 16;

  /** The system property that leaves the memory of guests in core dumps, for debugging. */
  static final String DUMP_GUESTS = "hyperlight.dumpGuests";

  private static final boolean DUMPS_GUESTS = Boolean.getBoolean(DUMP_GUESTS);

  /** Mappings that the kernel could not take back yet. */
  private static final Queue<MemorySegment> LEFT = new ConcurrentLinkedQueue<>();

  private HostMemory() {}

  /**
   * Maps memory: anonymous if {@code fd} is -1, else of the descriptor from its start.
   *
   * @return the mapping. It stays valid until {@link #munmap}, which no access may follow: whoever
   *     maps also sees to that, no arena does.
   * @throws SystemCallException if the kernel refuses
   */
  public static MemorySegment mmap(long sizeBytes, int protection, int flags, int fd) {
    return mmap(0, sizeBytes, protection, flags, fd, 0);
  }

  /**
   * As {@link #mmap(long, int, int, int)}, with an address for {@link #MAP_FIXED} and an offset
   * into the file.
   *
   * @param address where, in a mapping of the caller's own; 0 leaves it to the kernel
   * @param offset a multiple of the page size
   */
  public static MemorySegment mmap(
      long address, long sizeBytes, int protection, int flags, int fd, long offset) {
    boolean isNew = (flags & MAP_FIXED) == 0; // else it belongs to a mapping that somebody has
    if (isNew) {
      StackRoom.require();
    }
    long mapped = -1;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = Posix.allocateErrno(arena);
      do {
        mapped =
            (long)
                NativeFunctions.MMAP.invokeExact(
                    errno, address, sizeBytes, protection, flags, fd, offset);
      } while (Posix.wasInterrupted(mapped, errno));
      if (mapped == -1) {
        throw new SystemCallException("mmap(" + sizeBytes + " bytes)", Posix.errno(errno));
      }
      return Posix.asSegment(mapped, sizeBytes);
    } catch (Throwable t) {
      if (mapped != -1 && isNew) {
        int _ = Release.unmapOnly(mapped, sizeBytes); // the heap had no room for the segment
      }
      throw Unchecked.rethrow(t);
    }
  }

  /**
   * Gives advice about a part of a mapping, such as {@link #MADV_DONTNEED}: forget what is there.
   *
   * @throws SystemCallException if the kernel refuses
   */
  public static void madvise(MemorySegment pages, int advice) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = Posix.allocateErrno(arena);
      int result;
      do {
        result =
            (int)
                NativeFunctions.MADVISE.invokeExact(
                    errno, pages.address(), pages.byteSize(), advice);
      } while (Posix.wasInterrupted(result, errno));
      if (result < 0) {
        throw new SystemCallException("madvise", Posix.errno(errno));
      }
    } catch (Throwable t) {
      throw Unchecked.rethrow(t);
    }
  }

  /**
   * Keeps what belongs to a guest out of core dumps of this process, unless the system property
   * {@value #DUMP_GUESTS} is true. Whatever is mapped over a part of it later is not meant.
   *
   * @throws SystemCallException if the kernel refuses
   */
  public static void keepOutOfDumps(MemorySegment mapping) {
    if (!DUMPS_GUESTS) {
      madvise(mapping, MADV_DONTDUMP);
    }
  }

  /**
   * Changes the rights to a part of a mapping.
   *
   * @throws SystemCallException if the kernel refuses
   */
  public static void mprotect(MemorySegment pages, int protection) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = Posix.allocateErrno(arena);
      int result;
      do {
        result =
            (int)
                NativeFunctions.MPROTECT.invokeExact(
                    errno, pages.address(), pages.byteSize(), protection);
      } while (Posix.wasInterrupted(result, errno));
      if (result < 0) {
        throw new SystemCallException("mprotect", Posix.errno(errno));
      }
    } catch (Throwable t) {
      throw Unchecked.rethrow(t);
    }
  }

  /**
   * Unmaps what {@link #mmap} mapped. Allocates nothing, as {@link HostDescriptors#close}, as long
   * as the kernel does what it should.
   *
   * <p>It may refuse for lack of memory: it may have joined the mapping with its neighbours, and a
   * process can have only so many pieces ({@code vm.max_map_count}). Then the contents are given up
   * at once, and the addresses when it can be done, at one of the next calls.
   *
   * @throws SystemCallException if it is no mapping
   */
  public static void munmap(MemorySegment mapping) {
    if (!LEFT.isEmpty()) {
      unmapWhatIsLeft();
    }
    int error = tryToUnmap(mapping);
    if (error == Errno.EINVAL) {
      throw new SystemCallException("munmap", error);
    }
    if (error != 0) {
      LEFT.add(mapping); // if this fails, nothing has happened
      try {
        madvise(mapping, MADV_DONTNEED);
      } catch (SystemCallException | OutOfMemoryError e) {
        // Of a device's mapping, or for the same reason, or the heap is full, too. Whoever was told
        // that this failed would unmap it once more, when others may have the addresses.
      }
    }
  }

  /** One thread at a time: what is unmapped twice may be another mapping the second time. */
  private static void unmapWhatIsLeft() {
    synchronized (LEFT) {
      try {
        LEFT.removeIf(left -> tryToUnmap(left) == 0);
      } catch (OutOfMemoryError e) {
        // There will be another call.
      }
    }
  }

  /** {@code munmap(2)}; the error number, or 0. */
  private static int tryToUnmap(MemorySegment mapping) {
    MemorySegment errno = Release.ERRNO_OF_ALL;
    try {
      int result;
      do {
        result = (int) Release.MUNMAP.invokeExact(errno, mapping.address(), mapping.byteSize());
      } while (Posix.wasInterrupted(result, errno));
      return result < 0 ? Posix.errno(errno) : 0;
    } catch (OutOfMemoryError e) {
      return Release.unmapOnly(mapping.address(), mapping.byteSize()); // full before the call
    } catch (Throwable t) {
      throw Unchecked.rethrow(t);
    }
  }
}
