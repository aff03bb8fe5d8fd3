package io.hyperlight.internal.os;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The way to the C library, through {@code java.lang.foreign}: the only class that links native
 * functions. Those of descriptors are called in {@link HostDescriptors}, those of memory in {@link
 * HostMemory}, of files in {@link FileCalls}, of threads in {@link HostThreads}, and {@code ioctl}
 * in {@link HostIoctl}.
 */
public final class Posix {
  private static final StructLayout CAPTURED_STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      CAPTURED_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private static volatile boolean granted;

  static {
    // An error is not to be what loads this: it may be of a stack or a heap that is full.
    Unchecked.load();
  }

  private Posix() {}

  /** Comes between this library and a native function. */
  @FunctionalInterface
  interface Interposer {
    /** What is to be called in place of a function; of the same type. */
    MethodHandle interpose(String name, MethodHandle function);
  }

  /**
   * Nobody, but in tests of failures: each in a JVM of its own, before anything is linked. So what
   * is linked is a constant always, and there is nothing that could be set from outside.
   */
  static volatile Interposer interposer = (_, function) -> function;

  /** To be the last option of functions whose error number somebody asks for. */
  static Linker.Option capturingErrno() {
    return Linker.Option.captureCallState("errno");
  }

  /** Links a function of the C library. */
  @SuppressWarnings("restricted")
  static MethodHandle link(String name, FunctionDescriptor descriptor, Linker.Option... options) {
    Linker linker = Linker.nativeLinker();
    return interposer.interpose(
        name,
        linker.downcallHandle(
            linker.defaultLookup().find(name).orElseThrow(), descriptor, options));
  }

  /** Links code of this library's own. */
  @SuppressWarnings("restricted")
  static MethodHandle linkAt(MemorySegment code, FunctionDescriptor descriptor) {
    return Linker.nativeLinker().downcallHandle(code, descriptor);
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
   * Room for the error number of one thread's calls; see {@link HostIoctl#ioctl(MemorySegment, int,
   * long, long)}.
   */
  public static MemorySegment allocateErrno(Arena arena) {
    return arena.allocate(CAPTURED_STATE);
  }

  /** The error number the last failed call left in {@code errno}. */
  public static int errno(MemorySegment errno) {
    return (int) ERRNO.get(errno, 0L);
  }

  /** Whether a call has failed because a signal came, so that it is to be made again. */
  static boolean wasInterrupted(long result, MemorySegment errno) {
    return result < 0 && errno(errno) == Errno.EINTR;
  }

  /** Memory of this process. */
  @SuppressWarnings("restricted")
  static MemorySegment asSegment(long address, long sizeBytes) {
    return MemorySegment.ofAddress(address).reinterpret(sizeBytes);
  }
}
