package io.hyperlight.internal.os;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The functions that release resources, linked together and as constants. A handle that is not a
 * constant may have to allocate before its call, but resources must be released when the heap is
 * full.
 */
final class Release {
  /**
   * One error number for all threads, since nothing may be allocated. If calls of two threads fail
   * at the same time, one may read the error number of the other.
   */
  static final MemorySegment ERRNO_OF_ALL = Posix.allocateErrno(Arena.global());

  static final MethodHandle CLOSE =
      Posix.link("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT), Posix.capturingErrno());

  static final MethodHandle MUNMAP =
      Posix.link(
          "munmap", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG), Posix.capturingErrno());

  // A handle that captures errno makes a small object before it calls, unless the JIT has removed
  // that. These handles do not. They are called when there is no room for the object.

  private static final MethodHandle CLOSE_ONLY =
      Posix.link("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  private static final MethodHandle MUNMAP_ONLY =
      Posix.link("munmap", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));

  static {
    // The first call makes all objects that a handle needs for later ones. These calls fail.
    closeOnly(-1);
    int _ = unmapOnly(1, 0);
  }

  private Release() {}

  /** Closes a descriptor, without telling whether it was open. */
  static void closeOnly(int fd) {
    try {
      int _ = (int) CLOSE_ONLY.invokeExact(fd);
    } catch (Throwable t) {
      throw Unchecked.rethrow(t);
    }
  }

  /** Unmaps memory. Returns 0, or ENOMEM for any error. */
  static int unmapOnly(long address, long sizeBytes) {
    try {
      int result = (int) MUNMAP_ONLY.invokeExact(address, sizeBytes);
      return result < 0 ? Errno.ENOMEM : 0;
    } catch (Throwable t) {
      throw Unchecked.rethrow(t);
    }
  }
}
