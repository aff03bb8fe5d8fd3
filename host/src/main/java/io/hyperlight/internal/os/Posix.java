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
 * Links functions of the C library through {@code java.lang.foreign}. This is the only class that
 * links native functions. Callers are {@link HostDescriptors} for descriptors, {@link HostMemory}
 * for memory, {@link FileCalls} for files, {@link HostThreads} for threads, {@link HostIoctl} for
 * {@code ioctl}, and {@link HostCounter} for the processor's counter.
 */
public final class Posix {
  private static final StructLayout CAPTURED_STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      CAPTURED_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private static volatile boolean granted;

  static {
    // Load this class now: later, an error of a full stack or heap might have to load it.
    Unchecked.load();
  }

  private Posix() {}

  /** Replaces native functions. */
  @FunctionalInterface
  interface Interposer {
    /** Returns the handle to call instead of a function; it has the same type. */
    MethodHandle interpose(String name, MethodHandle function);
  }

  /**
   * Replaces nothing, except in tests of failures. Each of them runs in a JVM of its own and sets
   * this field before anything is linked. So a linked handle is always a constant, and nothing
   * outside of tests can set this field.
   */
  static volatile Interposer interposer = (_, function) -> function;

  /** Returns the last option for functions whose error number the caller reads. */
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

  /** Links machine code of this library. */
  @SuppressWarnings("restricted")
  static MethodHandle linkAt(
      MemorySegment code, FunctionDescriptor descriptor, Linker.Option... options) {
    return Linker.nativeLinker().downcallHandle(code, descriptor, options);
  }

  /**
   * Checks that the JVM lets this library call native functions.
   *
   * @throws NativeAccessException if it does not; the message names the option to add
   */
  public static void requireNativeAccess() {
    if (granted) {
      return;
    }
    try {
      // Any restricted method makes the JVM check. This one has no other effect.
      MemorySegment _ = allMemory();
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
   * Allocates room for the error number of one thread's calls; see {@link
   * HostIoctl#ioctl(MemorySegment, int, long, long)}.
   */
  public static MemorySegment allocateErrno(Arena arena) {
    return arena.allocate(CAPTURED_STATE);
  }

  /** Returns the error number that the last failed call left in {@code errno}. */
  public static int errno(MemorySegment errno) {
    return (int) ERRNO.get(errno, 0L);
  }

  /** Answers whether a signal interrupted a call, so that the caller repeats it. */
  static boolean wasInterrupted(long result, MemorySegment errno) {
    return result < 0 && errno(errno) == Errno.EINTR;
  }

  /** Returns all memory of this process as a segment: an offset in it is an address. */
  @SuppressWarnings("restricted")
  static MemorySegment allMemory() {
    return MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
  }
}
