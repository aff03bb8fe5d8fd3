package io.hyperlight.internal.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Maps and unmaps memory of this process.
 *
 * <p>Every method is safe to call from any thread. A failed call throws {@link
 * SystemCallException}. Calls that a signal interrupts are repeated.
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

  /** Advice to leave a mapping out of core dumps. */
  private static final int MADV_DONTDUMP = 16;

  /** The system property that keeps the memory of guests in core dumps, for debugging. */
  static final String DUMP_GUESTS = "hyperlight.dumpGuests";

  private static final boolean DUMPS_GUESTS = Boolean.getBoolean(DUMP_GUESTS);

  /** Mappings that the kernel has refused to unmap so far. */
  private static final Queue<MemorySegment> LEFT = new ConcurrentLinkedQueue<>();

  private HostMemory() {}

  /**
   * Maps memory: anonymous if {@code fd} is -1, else the file of the descriptor from its start.
   *
   * @return the mapping. It stays valid until {@link #munmap}. The caller must not access it
   *     afterwards; no arena checks this
   * @throws SystemCallException if the kernel refuses
   * @throws StackOverflowError if the stack has no room to unmap it after an error; nothing is
   *     mapped then
   */
  public static MemorySegment mmap(long sizeBytes, int protection, int flags, int fd) {
    return mmap(0, sizeBytes, protection, flags, fd, 0);
  }

  /**
   * Maps memory as {@link #mmap(long, int, int, int)} does, with an address for {@link #MAP_FIXED}
   * and an offset into the file.
   *
   * @param address where to map, inside a mapping of the caller; 0 leaves it to the kernel
   * @param offset a multiple of the page size
   */
  public static MemorySegment mmap(
      long address, long sizeBytes, int protection, int flags, int fd, long offset) {
    boolean isNew = (flags & MAP_FIXED) == 0; // else it belongs to an existing mapping
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
      return NativeFunctions.MEMORY.asSlice(mapped, sizeBytes);
    } catch (Throwable t) {
      if (mapped != -1 && isNew) {
        int _ = Release.unmapOnly(mapped, sizeBytes); // the heap had no room for the segment
      }
      throw Unchecked.rethrow(t);
    }
  }

  /**
   * Advises the kernel about a part of a mapping, for example with {@link #MADV_DONTNEED} to drop
   * its contents.
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
   * Keeps memory of a guest out of core dumps of this process, unless the system property {@value
   * #DUMP_GUESTS} is true. This does not apply to later mappings over a part of it.
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
   * Unmaps a mapping of {@link #mmap}. Allocates nothing if the kernel unmaps it, as {@link
   * HostDescriptors#close}.
   *
   * <p>The kernel may refuse for lack of memory. It may have joined the mapping with its
   * neighbours, and a process can have only a limited number of pieces ({@code vm.max_map_count}).
   * In this case the contents are dropped at once. A later call unmaps the addresses as soon as the
   * kernel allows it.
   *
   * @throws SystemCallException if it is not a mapping
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
      LEFT.add(mapping); // if this fails, nothing has changed
      try {
        madvise(mapping, MADV_DONTNEED);
      } catch (SystemCallException | OutOfMemoryError e) {
        // The mapping is a device's, or the kernel is short of memory again, or the heap is full,
        // too. The caller must not learn of it. It would unmap once more, when other code may have
        // the addresses.
      }
    }
  }

  /**
   * Tries again to unmap what the kernel refused. Only one thread at a time may do this: the second
   * of two calls may unmap another mapping.
   */
  private static void unmapWhatIsLeft() {
    synchronized (LEFT) {
      try {
        LEFT.removeIf(left -> tryToUnmap(left) == 0);
      } catch (OutOfMemoryError e) {
        // A later call tries again.
      }
    }
  }

  /** Calls {@code munmap(2)}; returns the error number, or 0. */
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
