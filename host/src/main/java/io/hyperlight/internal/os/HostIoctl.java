package io.hyperlight.internal.os;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Calls {@code ioctl(2)}, directly or from a page of the caller's machine code.
 *
 * <p>This is the hot path. The methods check nothing, throw nothing if a call fails, and do not
 * repeat calls that a signal interrupts. Callers check the result.
 */
public final class HostIoctl {
  private HostIoctl() {}

  /**
   * {@code ioctl} without the error number. To capture that, the JDK may allocate an object for
   * each call.
   */
  private static final class PlainIoctl {
    static final MethodHandle HANDLE =
        Posix.link(
            "ioctl",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG),
            Linker.Option.firstVariadicArg(2));
  }

  /** {@code ioctl} in a class of its own, since the hot path needs the handle as a constant. */
  private static final class Ioctl {
    static final MethodHandle HANDLE =
        Posix.link(
            "ioctl",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG),
            Linker.Option.firstVariadicArg(2),
            Posix.capturingErrno());
  }

  /** The offset of the second function in the code of {@link #installRunCode}. */
  public static final int RUN_CODE_SECOND = 128;

  private static volatile @Nullable MemorySegment runCode;

  /** The functions of {@link #installRunCode}, linked after that call. */
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
   * Calls {@code ioctl(2)} without checks and without allocation.
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
   * Calls {@code ioctl(2)} without the error number, and without any allocation.
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
   * Copies code to a page of its own, for {@link #runIoctl} and {@link #runSecond}. Later calls do
   * nothing. The page stays there and cannot be written.
   *
   * @param code two functions: one with the parameters of {@code ioctl} at the beginning, and one
   *     without parameters at {@link #RUN_CODE_SECOND}
   * @throws SystemCallException if the kernel refuses
   */
  public static synchronized void installRunCode(byte[] code) {
    if (runCode == null) {
      runCode = CodePage.of(code);
    }
  }

  /**
   * Calls the first function of {@link #installRunCode}, as {@link #ioctl(int, long, long)}.
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

  /** Calls the second function of {@link #installRunCode}. */
  public static int runSecond() {
    try {
      return (int) RunCode.SECOND.invokeExact();
    } catch (Throwable t) {
      throw Unchecked.rethrow(t);
    }
  }
}
