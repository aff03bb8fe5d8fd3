package io.hyperlight.internal.os;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The functions of {@link HostDescriptors} and {@link HostMemory}, all linked at the first call of
 * any of them. So no function is first linked when a stack or the heap is full.
 */
final class NativeFunctions {
  static final MethodHandle OPEN =
      Posix.link(
          "open",
          FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT),
          Linker.Option.firstVariadicArg(2),
          Posix.capturingErrno());

  static final MethodHandle MEMFD_CREATE =
      Posix.link(
          "memfd_create",
          FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT),
          Posix.capturingErrno());

  static final MethodHandle FTRUNCATE =
      Posix.link(
          "ftruncate",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG),
          Posix.capturingErrno());

  static final MethodHandle FCNTL =
      Posix.link(
          "fcntl",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT),
          Linker.Option.firstVariadicArg(2),
          Posix.capturingErrno());

  static final MethodHandle PWRITE =
      Posix.link(
          "pwrite",
          FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG),
          Posix.capturingErrno());

  static final MethodHandle MMAP =
      Posix.link(
          "mmap",
          FunctionDescriptor.of(
              JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG),
          Posix.capturingErrno());

  static final MethodHandle MADVISE =
      Posix.link(
          "madvise",
          FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT),
          Posix.capturingErrno());

  static final MethodHandle MPROTECT =
      Posix.link(
          "mprotect",
          FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT),
          Posix.capturingErrno());

  /** Where mappings are cut out of. */
  static final MemorySegment MEMORY = Posix.allMemory();

  private NativeFunctions() {}
}
