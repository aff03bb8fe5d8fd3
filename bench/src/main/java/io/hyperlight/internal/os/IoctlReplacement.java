package io.hyperlight.internal.os;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * Has the library call another {@code ioctl}, in a JVM of its own for that: see {@code kvm_run.c}.
 * In this package because the library lets nobody else do so.
 */
@SuppressWarnings("restricted")
public final class IoctlReplacement {
  private final MethodHandle replace;

  private IoctlReplacement(MethodHandle replace) {
    this.replace = replace;
  }

  /**
   * Takes effect if the library has not made any system call yet.
   *
   * @param shim the compiled shim
   */
  public static IoctlReplacement install(Path shim) {
    Linker linker = Linker.nativeLinker();
    SymbolLookup symbols = SymbolLookup.libraryLookup(shim, Arena.global());
    MemorySegment ioctl = symbols.findOrThrow("shim_ioctl");
    FunctionDescriptor type =
        FunctionDescriptor.of(
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG);
    MethodHandle plain = linker.downcallHandle(ioctl, type);
    MethodHandle capturing =
        linker.downcallHandle(ioctl, type, Linker.Option.captureCallState("errno"));
    Posix.interposer =
        (name, function) -> {
          if (!name.equals("ioctl")) {
            return function;
          }
          return function.type().equals(plain.type()) ? plain : capturing;
        };
    return new IoctlReplacement(
        linker.downcallHandle(
            symbols.findOrThrow("shim_replace"), FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT)));
  }

  /** Whether {@code KVM_RUN} is to run nothing from now on. */
  public void replaceRuns(boolean replaced) {
    try {
      replace.invokeExact(replaced ? 1 : 0);
    } catch (Throwable t) {
      throw new IllegalStateException(t);
    }
  }
}
