package io.hyperlight.os;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * System calls of the C library, through {@code java.lang.foreign}. The only class that links
 * native functions.
 *
 * <p>Every method is safe to call from any thread. A failed call throws {@link
 * SystemCallException}, except {@link #ioctl(MemorySegment, int, long, long)}, whose callers are on
 * the hot path and look at the result themselves.
 */
public final class Posix {
  public static final int O_RDWR = 2;
  public static final int O_CLOEXEC = 0x80000;

  public static final int PROT_READ = 1;
  public static final int PROT_WRITE = 2;

  public static final int MAP_SHARED = 1;
  public static final int MAP_PRIVATE = 2;
  public static final int MAP_ANONYMOUS = 0x20;
  public static final int MAP_NORESERVE = 0x4000;

  private static final StructLayout CAPTURED_STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      CAPTURED_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private Posix() {}

  /**
   * The linked functions. In a holder of its own so that a refusal by the JVM becomes an exception
   * that can be thrown again and again, with the cure in its message, and not a {@code
   * NoClassDefFoundError} from the second time on.
   */
  private static final class Functions {
    final MethodHandle open;
    final MethodHandle close;
    final MethodHandle mmap;
    final MethodHandle munmap;

    Functions() {
      Linker linker = Linker.nativeLinker();
      Linker.Option errno = Linker.Option.captureCallState("errno");
      Linker.Option variadic = Linker.Option.firstVariadicArg(2);
      open =
          link(
              linker,
              "open",
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT,
                  ValueLayout.ADDRESS,
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_INT),
              variadic,
              errno);
      close =
          link(
              linker,
              "close",
              FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT),
              errno);
      mmap =
          link(
              linker,
              "mmap",
              FunctionDescriptor.of(
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_LONG),
              errno);
      munmap =
          link(
              linker,
              "munmap",
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG),
              errno);
    }
  }

  /** {@code ioctl}, on its own because the hot path wants it as a constant. */
  private static final class Ioctl {
    static final MethodHandle HANDLE =
        link(
            Linker.nativeLinker(),
            "ioctl",
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG),
            Linker.Option.firstVariadicArg(2),
            Linker.Option.captureCallState("errno"));
  }

  private static final class Linked {
    static final Functions FUNCTIONS = new Functions();
  }

  private static volatile boolean granted;

  @SuppressWarnings("restricted")
  private static MethodHandle link(
      Linker linker, String name, FunctionDescriptor descriptor, Linker.Option... options) {
    return linker.downcallHandle(
        linker.defaultLookup().find(name).orElseThrow(), descriptor, options);
  }

  /**
   * Makes sure that the JVM lets this library call native functions.
   *
   * @throws NativeAccessException if it does not, with the option that cures it
   */
  public static void requireNativeAccess() {
    if (granted) {
      return;
    }
    try {
      // Any restricted method asks the JVM. This one has no effect of its own.
      asSegment(0, 0);
      granted = true;
    } catch (IllegalCallerException e) {
      throw new NativeAccessException(
          "the JVM denies native access to this library: start java with --enable-native-access="
              + (Posix.class.getModule().isNamed()
                  ? Posix.class.getModule().getName()
                  : "ALL-UNNAMED"),
          e);
    }
  }

  /**
   * Room for the error number of one thread's calls; see {@link #ioctl(MemorySegment, int, long,
   * long)}.
   */
  public static MemorySegment allocateErrno(Arena arena) {
    return arena.allocate(CAPTURED_STATE);
  }

  /** The error number the last failed call left in {@code errno}. */
  public static int errno(MemorySegment errno) {
    return (int) ERRNO.get(errno, 0L);
  }

  /**
   * One {@code ioctl(2)}, without checks and without allocation.
   *
   * @param errno from {@link #allocateErrno}; holds the error number if the result is negative
   * @return what the call returned: -1 for failure
   */
  public static int ioctl(MemorySegment errno, int fd, long request, long argument) {
    try {
      return (int) Ioctl.HANDLE.invokeExact(errno, fd, request, argument);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /**
   * Opens a file, close-on-exec.
   *
   * @return the descriptor
   * @throws SystemCallException if it cannot be opened
   */
  public static int open(String path, int flags) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = allocateErrno(arena);
      int fd =
          (int)
              Linked.FUNCTIONS.open.invokeExact(
                  errno, arena.allocateFrom(path), flags | O_CLOEXEC, 0);
      if (fd < 0) {
        throw new SystemCallException("open(" + path + ")", errno(errno));
      }
      return fd;
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /**
   * Closes a descriptor.
   *
   * @throws SystemCallException if it was not open
   */
  public static void close(int fd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = allocateErrno(arena);
      if ((int) Linked.FUNCTIONS.close.invokeExact(errno, fd) < 0) {
        throw new SystemCallException("close(" + fd + ")", errno(errno));
      }
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /**
   * Maps memory: anonymous if {@code fd} is -1, else of the descriptor from its start.
   *
   * @return the mapping. It stays valid until {@link #munmap}, which no access may follow: whoever
   *     maps also sees to that, no arena does.
   * @throws SystemCallException if the kernel refuses
   */
  public static MemorySegment mmap(long sizeBytes, int protection, int flags, int fd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = allocateErrno(arena);
      long address =
          (long) Linked.FUNCTIONS.mmap.invokeExact(errno, 0L, sizeBytes, protection, flags, fd, 0L);
      if (address == -1) {
        throw new SystemCallException("mmap(" + sizeBytes + " bytes)", errno(errno));
      }
      return asSegment(address, sizeBytes);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /**
   * Unmaps what {@link #mmap} mapped.
   *
   * @throws SystemCallException if the kernel refuses
   */
  public static void munmap(MemorySegment mapping) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = allocateErrno(arena);
      if ((int) Linked.FUNCTIONS.munmap.invokeExact(errno, mapping.address(), mapping.byteSize())
          < 0) {
        throw new SystemCallException("munmap", errno(errno));
      }
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  @SuppressWarnings("restricted")
  private static MemorySegment asSegment(long address, long sizeBytes) {
    return MemorySegment.ofAddress(address).reinterpret(sizeBytes);
  }

  /** A downcall handle declares {@code Throwable}; only unchecked ones can arrive. */
  private static RuntimeException unexpected(Throwable t) {
    if (t instanceof RuntimeException e) {
      throw e;
    }
    if (t instanceof Error e) {
      throw e;
    }
    throw new IllegalStateException(t);
  }
}
