package io.hyperlight.internal.os;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Calls {@code ioctl(2)}, also from a page of code of the caller's own.
 *
 * <p>This is the hot path: the methods check nothing, throw nothing for a call that has failed, and
 * do not repeat what a signal interrupted. Callers look at the result themselves.
 */
public final class HostIoctl {
  private HostIoctl() {}

  /**
   * {@code ioctl} without the error number: to have that captured, the JDK may allocate an object
   * for each call.
   */
  private static final class PlainIoctl {
    static final MethodHandle HANDLE =
        Posix.link(
            "ioctl",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG),
            Linker.Option.firstVariadicArg(2));
  }

  /** {@code ioctl}, on its own because the hot path wants it as a constant. */
  private static final class Ioctl {
    static final MethodHandle HANDLE =
        Posix.link(
            "ioctl",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG),
            Linker.Option.firstVariadicArg(2),
            Posix.capturingErrno());
  }

  /** Where in the code of {@link #installRunCode} the second function begins. */
  public static final int RUN_CODE_SECOND = 128;

  private static final int PAGE_SIZE = 4096;

  private static volatile @Nullable MemorySegment runCode;

  /** The functions of {@link #installRunCode}, after it. */
  private static final class RunCode {
    static final MethodHandle RUN =
        Posix.interposer.interpose(
            "ioctl",
            Posix.linkAt(
                Objects.requireNonNull(runCode),
                FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG)));

    static final MethodHandle SECOND =
        Posix.linkAt(
            Objects.requireNonNull(runCode).asSlice(RUN_CODE_SECOND),
            FunctionDescriptor.of(JAVA_INT));
  }

  /**
   * One {@code ioctl(2)}, without checks and without allocation.
   *
   * @param errno from {@link Posix#allocateErrno}; holds the error number if the result is negative
   * @return what the call returned: -1 for failure
   */
  public static int ioctl(MemorySegment errno, int fd, long request, long argument) {
    try {
      return (int) Ioctl.HANDLE.invokeExact(errno, fd, request, argument);
    } catch (Throwable t) {
      throw Unchecked.rethrow(t);
    }
  }

  /**
   * One {@code ioctl(2)} whose error number is not asked for, without any allocation.
   *
   * @return what the call returned: -1 for failure
   */
  public static int ioctl(int fd, long request, long argument) {
    try {
      return (int) PlainIoctl.HANDLE.invokeExact(fd, request, argument);
    } catch (Throwable t) {
      throw Unchecked.rethrow(t);
    }
  }

  /**
   * Puts code on a page of its own, for {@link #runIoctl} and {@link #runSecond}, if that has not
   * been done yet. It stays there, and cannot be written.
   *
   * @param code two functions: one with the parameters of {@code ioctl} at the beginning, one
   *     without any at {@link #RUN_CODE_SECOND}
   * @throws SystemCallException if the kernel refuses
   */
  public static synchronized void installRunCode(byte[] code) {
    if (runCode != null) {
      return;
    }
    MemorySegment page =
        HostMemory.mmap(
            PAGE_SIZE,
            HostMemory.PROT_READ | HostMemory.PROT_WRITE,
            HostMemory.MAP_PRIVATE | HostMemory.MAP_ANONYMOUS,
            -1);
    try {
      MemorySegment.copy(code, 0, page, ValueLayout.JAVA_BYTE, 0, code.length);
      HostMemory.mprotect(page, HostMemory.PROT_READ | HostMemory.PROT_EXEC);
    } catch (Throwable t) {
      HostMemory.munmap(page);
      throw t;
    }
    runCode = page;
  }

  /**
   * As {@link #ioctl(int, long, long)}, by the first function of {@link #installRunCode}.
   *
   * @return 0, or -1 for failure
   */
  public static int runIoctl(int fd, long request, long argument) {
    try {
      return (int) RunCode.RUN.invokeExact(fd, request, argument);
    } catch (Throwable t) {
      throw Unchecked.rethrow(t);
    }
  }

  /** The second function of {@link #installRunCode}. */
  public static int runSecond() {
    try {
      return (int) RunCode.SECOND.invokeExact();
    } catch (Throwable t) {
      throw Unchecked.rethrow(t);
    }
  }
}
