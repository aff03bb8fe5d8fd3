package io.hyperlight.internal.os;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * What gives things back, linked together and as constants: called through anything else, a handle
 * may have to allocate first, and a full heap is when things are given back.
 */
final class Release {
  /**
   * One for all threads, since nothing may be allocated: of calls that fail in the same moment, one
   * may be told the error number of another.
   */
  static final MemorySegment ERRNO_OF_ALL = Posix.allocateErrno(Arena.global());

  static final MethodHandle CLOSE =
      Posix.link("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT), Posix.capturingErrno());

  static final MethodHandle MUNMAP =
      Posix.link(
          "munmap", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG), Posix.capturingErrno());

  // A handle that captures errno makes a small object before it calls, unless the JIT has
  // removed that. These do not, and take its place when there is no room for it.

  private static final MethodHandle CLOSE_ONLY =
      Posix.link("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  private static final MethodHandle MUNMAP_ONLY =
      Posix.link("munmap", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));

  static {
    // The first call, which fails, makes whatever a handle needs for later ones.
    closeOnly(-1);
    int _ = unmapOnly(1, 0);
  }

  private Release() {}

  /** Closes a descriptor, and does not say whether it was open. */
  static void closeOnly(int fd) {
    try {
      int _ = (int) CLOSE_ONLY.invokeExact(fd);
    } catch (Throwable t) {
      throw Unchecked.rethrow(t);
    }
  }

  /** Unmaps; 0, or ENOMEM for whatever went wrong. */
  static int unmapOnly(long address, long sizeBytes) {
    try {
      int result = (int) MUNMAP_ONLY.invokeExact(address, sizeBytes);
      return result < 0 ? Errno.ENOMEM : 0;
    } catch (Throwable t) {
      throw Unchecked.rethrow(t);
    }
  }
}
